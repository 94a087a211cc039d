// Segments of vein on the before photo: choose one on the picture or in the list, and read its fates by day.

const SVG = "http://www.w3.org/2000/svg";
const REACH = 24; // CSS pixels within which a click finds a segment: a fingertip

class Segments {
  constructor(home) {
    this.home = home;
    this.chosen = -1;
  }

  take(head) {
    if (this.head && this.head.text === head.text) return;
    this.head = head;
    this.texts = head.texts;
    this.order = head.segments.map((_, k) => k);
    this.sorting = "length";
    this.day = head.days.length - 1;
    this.chosen = head.segments.length ? 0 : -1;
    this.build();
    this.sort();
    this.paint();
    this.choose(this.chosen);
    this.home.dataset.ready = head.id;
  }

  field(words, control) {
    const label = element("label", { class: "field" });
    label.append(element("span", {}, words), control);
    return label;
  }

  select(entries, onChange) {
    const made = document.createElement("select");
    for (const [value, words] of entries) made.append(new Option(words, value));
    made.addEventListener("change", () => onChange(made.value));
    return made;
  }

  build() {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(this.head.blobs.before);
    const picture = document.createElement("img");
    picture.src = this.url;
    picture.alt = this.texts.picture;
    this.svg = document.createElementNS(SVG, "svg");
    this.svg.setAttribute("viewBox", `0 0 ${this.head.size[0]} ${this.head.size[1]}`);
    this.svg.setAttribute("aria-hidden", "true");
    const stage = element("div", { class: "stage" });
    stage.append(picture, this.svg);
    stage.addEventListener("click", (event) => this.find(event));
    const days = this.select(this.head.days.map((day, k) => [k, day]), (k) => {
      this.day = Number(k);
      this.paint();
      this.choose(this.chosen);
    });
    days.value = String(this.day);
    const sorting = this.select([["length", this.texts.by_length], ["changes", this.texts.by_changes]], (kind) => {
      this.sorting = kind;
      this.sort();
    });
    this.list = this.select([], (k) => this.choose(Number(k)));
    this.list.size = 8;
    this.fates = element("div", { class: "fates" });
    this.fates.setAttribute("aria-live", "polite");
    const side = element("div", { class: "side" });
    side.append(this.field(this.texts.colours, days), this.legend(), this.field(this.texts.sort, sorting), this.field(this.texts.list, this.list), this.fates);
    const box = element("div", { class: "segments" });
    box.append(stage, side);
    this.home.replaceChildren(box);
  }

  legend() {
    const made = element("ul", { class: "legend" });
    const seen = new Set(this.head.segments.flatMap((segment) => segment.path));
    for (const [fate, look] of Object.entries(this.head.fates)) {
      if (!seen.has(fate)) continue;
      const item = element("li");
      item.append(this.swatch(look), element("span", {}, look.label));
      made.append(item);
    }
    return made;
  }

  swatch(look) {
    const made = element("i", { class: "swatch" });
    made.style.background = look.colour;
    made.style.borderColor = look.casing;
    return made;
  }

  sort() {
    const { segments } = this.head;
    // They come sorted by length; what changed most is at the top of the other order.
    this.order = segments.map((_, k) => k);
    if (this.sorting === "changes") this.order.sort((a, b) => segments[b].changes - segments[a].changes || a - b);
    const listed = this.order.slice(0, this.head.listed);
    if (this.chosen >= 0 && !listed.includes(this.chosen)) listed.unshift(this.chosen);
    this.list.replaceChildren(...listed.map((k) => new Option(this.words(segments[k]), k)));
    this.list.value = String(this.chosen);
  }

  words(segment) {
    const path = segment.path.map((fate) => this.head.fates[fate].label).join(" → ");
    return this.texts.way.replace("{length}", segment.length).replace("{path}", path);
  }

  path(lines) {
    return lines.map((line) => {
      let d = "";
      for (let k = 0; k < line.length; k += 2) d += `${k ? "L" : "M"}${line[k] + 0.5} ${line[k + 1] + 0.5}`;
      return d;
    }).join("");
  }

  stroke(lines, colour, width) {
    const made = document.createElementNS(SVG, "path");
    made.setAttribute("d", this.path(lines));
    made.setAttribute("stroke", colour);
    made.setAttribute("stroke-width", width);
    return made;
  }

  paint() {
    const width = Math.max(...this.head.size) / 450;
    const strokes = [];
    for (const segment of this.head.segments) {
      const look = this.head.fates[segment.path[this.day]];
      strokes.push(this.stroke(segment.lines, look.casing, 2.2 * width), this.stroke(segment.lines, look.colour, 1.3 * width));
    }
    this.marks = document.createElementNS(SVG, "g");
    this.svg.replaceChildren(...strokes, this.marks);
  }

  find(event) {
    const area = this.svg.getBoundingClientRect(), scale = this.head.size[0] / area.width;
    const x = (event.clientX - area.left) * scale, y = (event.clientY - area.top) * scale;
    let nearest = -1, least = (REACH * scale) ** 2;
    this.head.segments.forEach(({ lines }, k) => {
      for (const line of lines) for (let p = 0; p < line.length; p += 2) {
        const d = (line[p] + 0.5 - x) ** 2 + (line[p + 1] + 0.5 - y) ** 2;
        if (d < least) [nearest, least] = [k, d];
      }
    });
    if (nearest < 0) return;
    this.chosen = nearest;
    this.sort();
    this.choose(nearest);
  }

  choose(k) {
    this.chosen = k;
    this.fates.replaceChildren();
    this.marks.replaceChildren();
    if (k < 0) return;
    const segment = this.head.segments[k], width = Math.max(...this.head.size) / 450;
    const look = this.head.fates[segment.path[this.day]];
    this.marks.append(this.stroke(segment.lines, "#000", 7 * width), this.stroke(segment.lines, "#fff", 5.4 * width), this.stroke(segment.lines, look.colour, 2.6 * width));
    const row = element("ol", { class: "path" });
    const steps = [[this.texts.before, null], ...segment.path.map((fate, n) => [this.head.days[n], fate])];
    row.append(...steps.map(([day, fate]) => {
      const item = element("li"), swatch = fate ? this.swatch(this.head.fates[fate]) : element("i", { class: "swatch vein" });
      item.append(swatch, element("b", {}, fate ? this.head.fates[fate].label : this.texts.vein), element("span", {}, day));
      return item;
    }));
    this.fates.append(element("p", { class: "chosen" }, this.texts.chosen.replace("{length}", segment.length)), row);
  }
}

const all = new WeakMap();

export default function ({ parentElement, data }) {
  const home = parentElement.querySelector(".segments-home");
  const segments = all.get(home) || new Segments(home);
  all.set(home, segments);
  segments.take(unpack(data));
}
