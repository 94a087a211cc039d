// Devices and shots: where the live picture comes from and how a still photo is taken.

const HIGHEST = { width: { ideal: 4096 }, height: { ideal: 3072 } }; // the browser takes the nearest that the camera has

async function openCamera(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw new DOMException("", "InsecureOrigin");
  const choice = deviceId ? { deviceId: { exact: deviceId } } : { facingMode: { ideal: "environment" } };
  return navigator.mediaDevices.getUserMedia({ audio: false, video: { ...choice, ...HIGHEST } });
}

// A key of the texts for what went wrong.
function cameraTrouble(error) {
  const known = {
    InsecureOrigin: "failed_insecure", NotAllowedError: "failed_denied", SecurityError: "failed_denied", NotFoundError: "failed_none",
    OverconstrainedError: "failed_none", NotReadableError: "failed_busy", AbortError: "failed_busy",
  };
  return known[error?.name] ?? "failed_other";
}

async function camerasThere() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput");
}

function late(promise, milliseconds) {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(() => reject(new Error("late")), milliseconds))]);
}

// The camera's own still where it gives one that is no smaller than the video, the frame on screen otherwise.  Always JPEG.
async function takeShot(video, track, options) {
  const frame = await frameOf(video, options.jpeg_quality);
  if (!("ImageCapture" in window)) return frame;
  try {
    const still = await late(stillOf(track), options.photo_wait_ms);
    const bitmap = await createImageBitmap(still);
    const small = bitmap.width * bitmap.height < video.videoWidth * video.videoHeight;
    const jpeg = small ? frame : await asJpeg(still, bitmap, options.jpeg_quality);
    bitmap.close();
    return jpeg;
  } catch {
    return frame; // many drivers announce stills and then refuse
  }
}

async function stillOf(track) {
  const capture = new ImageCapture(track);
  const able = await capture.getPhotoCapabilities();
  const wish = {};
  if (able.fillLightMode?.includes("off")) wish.fillLightMode = "off"; // a flash shines on skin and hides veins
  if (able.imageWidth?.max) wish.imageWidth = able.imageWidth.max;
  if (able.imageHeight?.max) wish.imageHeight = able.imageHeight.max;
  return capture.takePhoto(wish);
}

async function asJpeg(blob, bitmap, quality) {
  const start = new Uint8Array(await blob.slice(0, 3).arrayBuffer());
  if (start[0] === 0xff && start[1] === 0xd8 && start[2] === 0xff) return blob;
  return jpegOf(bitmap, bitmap.width, bitmap.height, quality);
}

function frameOf(video, quality) {
  return jpegOf(video, video.videoWidth, video.videoHeight, quality);
}

function jpegOf(source, width, height, quality) {
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  canvas.getContext("2d").drawImage(source, 0, 0, width, height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality);
  });
}

async function base64Of(blob) {
  const url = await new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(blob);
  });
  return url.slice(url.indexOf(",") + 1);
}

// Pixels of a source drawn to a long side; `middle` keeps the middle half of each side only.
function pixelsOf(canvas, source, width, height, longSide, middle = false) {
  const factor = longSide / Math.max(width, height), part = middle ? 0.5 : 1;
  canvas.width = Math.max(1, Math.round(width * factor * part));
  canvas.height = Math.max(1, Math.round(height * factor * part));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const cut = (1 - part) / 2;
  context.drawImage(source, width * cut, height * cut, width * part, height * part, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
