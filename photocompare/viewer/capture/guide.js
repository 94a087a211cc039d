// The rules of the guide: words as text, figures as parsed SVG.

export default function ({ parentElement, data: bytes }) {
  const data = unpack(bytes);
  const list = parentElement.querySelector(".guide");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.rules.map(({ rule, why, svg }) => {
    const figure = document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true);
    return element("li", {}, figure, element("div", {}, element("p", { class: "rule" }, rule), element("p", { class: "why" }, why)));
  }));
}
