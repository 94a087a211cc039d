// The found patients as buttons: every text as text, never as markup.

export default function ({ parentElement, data, setTriggerValue }) {
  const list = parentElement.querySelector(".patients");
  list.setAttribute("aria-label", data.label);
  list.replaceChildren(...data.lines.map(({ key, name, chart, seen }) => {
    const item = document.createElement("li"), button = document.createElement("button");
    const parts = [["name", name], ["chart", chart], ["key", key], ["seen", seen]].map(([kind, words]) => {
      const part = document.createElement("span");
      part.className = kind;
      part.textContent = words;
      return part;
    });
    button.type = "button";
    button.append(...parts);
    button.addEventListener("click", () => setTriggerValue("open", key));
    item.append(button);
    return item;
  }));
}
