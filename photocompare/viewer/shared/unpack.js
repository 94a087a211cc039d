// What a component is given as one run of bytes (`components.packed`): its head, with the pictures as blobs.

function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const text = new TextDecoder().decode(bytes.subarray(4, 4 + length));
  const head = { ...JSON.parse(text), text };
  const start = 4 + length;
  head.blobs = {};
  for (const [name, [offset, size, type]] of Object.entries(head.pictures)) {
    head.blobs[name] = new Blob([bytes.subarray(start + offset, start + offset + size)], { type });
  }
  return head;
}
