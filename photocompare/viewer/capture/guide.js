// The rules of the guide: words as text, figures as parsed SVG.

export default function ({ parentElement, data }) {
  const list = parentElement.querySelector(".guide");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.rules.map(({ rule, why, svg }) => {
    const item = document.createElement("li"), words = document.createElement("div");
    const lead = document.createElement("p"), reason = document.createElement("p");
    lead.className = "rule";
    lead.textContent = rule;
    reason.className = "why";
    reason.textContent = why;
    words.append(lead, reason);
    item.append(document.importNode(new DOMParser().parseFromString(svg, "image/svg+xml").documentElement, true), words);
    return item;
  }));
}
