// The page's language: told to screen readers, kept for the next visit where it was chosen, and given to the words that Streamlit writes.

const SHOWN = new WeakMap(); // text node or element: what Streamlit wrote there, and what was put in its place
const LABELLED = ["aria-label", "placeholder"];
let rules = { texts: [], labels: [] };

function ruleOf([within, said, read]) {
  const [before, after] = said.split("{value}");
  return { within, before, after, read };
}

function readAs(source, candidates, inside) {
  for (const { within, before, after, read } of candidates) {
    if (after === undefined ? source !== before : !(source.startsWith(before) && source.endsWith(after) && source.length > before.length + after.length)) continue;
    if (within && !inside(within)) continue;
    return after === undefined ? read : read.replace("{value}", () => source.slice(before.length, source.length - after.length));
  }
  return source;
}

function put(node, name, now, candidates, inside, set) {
  const known = SHOWN.get(node) || {};
  const source = known[name] && known[name].read === now ? known[name].source : now;
  const read = readAs(source, candidates, inside);
  SHOWN.set(node, { ...known, [name]: { source, read } });
  if (read !== now) set(read);
}

function word(node) {
  put(node, "text", node.nodeValue, rules.texts, (within) => node.parentElement?.closest(within), (read) => { node.nodeValue = read; });
}

function label(element) {
  for (const name of LABELLED) {
    const now = element.getAttribute(name);
    if (now) put(element, name, now, rules.labels, () => true, (read) => element.setAttribute(name, read));
  }
}

function within(root) {
  if (root.nodeType === Node.TEXT_NODE) word(root);
  if (root.nodeType !== Node.ELEMENT_NODE) return;
  label(root);
  root.querySelectorAll("[aria-label], [placeholder]").forEach(label);
  const texts = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) word(texts.currentNode);
}

const watcher = new MutationObserver((changes) => {
  for (const { type, target, addedNodes } of changes) {
    if (type === "characterData") word(target);
    else if (type === "attributes") label(target);
    else addedNodes.forEach(within);
  }
});

export default function ({ data: bytes }) {
  const data = unpack(bytes);
  document.documentElement.lang = data.language;
  if (data.chosen) document.cookie = `${data.cookie}=${data.language}; path=/; max-age=31536000; SameSite=Strict`;
  rules = { texts: data.texts.map(ruleOf), labels: data.labels.map(ruleOf) };
  within(document.body);
  watcher.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: LABELLED });
}
