// The found patients as buttons: every text as text, never as markup.

export default function ({ parentElement, data: bytes, setTriggerValue }) {
  const data = unpack(bytes);
  const list = parentElement.querySelector(".patients");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.lines.map(({ key, name, chart, seen }) => {
    const parts = [["name", name], ["chart", chart], ["key", key], ["seen", seen]].map(([kind, words]) => element("span", { class: kind }, words));
    return element("li", {}, element("button", { type: "button", onclick: () => setTriggerValue("open", key) }, ...parts));
  }));
}
