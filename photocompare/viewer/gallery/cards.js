// Cards of the gallery.  The pictures come with the data and are addressed within this page alone.

export default function ({ parentElement, data }) {
  const head = unpack(data);
  const made = (tag, name, text = "") => element(tag, { class: name }, text);
  const addresses = [];
  const loading = [];
  const picture = (which, k, alt) => {
    const figure = made("figure", "gallery-picture");
    const image = document.createElement("img");
    image.alt = alt;
    image.src = URL.createObjectURL(head.blobs[`${which}_${k}`]);
    addresses.push(image.src);
    loading.push(image.decode());
    figure.append(image, made("figcaption", "gallery-which", head[which]));
    return figure;
  };
  const list = made("ol", "gallery-cards");
  head.cards.forEach((card, k) => {
    const item = made("li", "gallery-card");
    const two = made("div", "gallery-two");
    two.append(picture("before", k, card.before_alt), picture("after", k, card.after_alt));
    item.append(made("h3", "gallery-title", card.title), two, made("p", "gallery-number", card.number), made("p", "gallery-detail", card.detail));
    list.append(item);
  });
  let here = true;
  Promise.all(loading).then(() => here && (list.dataset.ready = "true"));
  const root = parentElement.querySelector(".gallery-cards");
  root ? root.replaceWith(list) : parentElement.append(list);
  return () => {
    here = false;
    addresses.forEach((address) => URL.revokeObjectURL(address));
  };
}
