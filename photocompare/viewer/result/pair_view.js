// The pictures of one comparison: slider, flicker, side by side, difference, registration check, originals; overlays; drawing on the photo.
// Everything happens in the browser: a slider key needs no answer from the server.

// Pictures of which one or two are seen first, whatever can be done with them; the others are decoded behind them.
const FIRST_SEEN = ["before", "after", "before_original", "after_original"];

class PairView extends PairControls {
  constructor(root, send) {
    super();
    this.root = root;
    this.send = send;
    this.view = "slider";
    this.at = 50;
    this.placement = new Placement();
    this.shown = new Set();
    this.opacity = 0.9;
    this.pictures = {};
    this.flick = { timer: 0, after: false };
    this.pointers = new Map();
    this.frame = 0;
    this.observer = new ResizeObserver(() => this.resize());
    this.windowResized = () => this.resize();
  }

  async take(head, send) {
    this.send = send;
    if (this.head && head.text === this.head.text) {
      this.watchSize(); // the page ran again, nothing here changed
      return;
    }
    const again = this.head && this.head.id === head.id && this.head.mode === head.mode;
    const old = again ? this.pictures : {};
    this.head = head;
    if (!again) {
      this.image = this.editor = null; // until the new pictures are decoded there is nothing to paint or to point at
      this.placement = new Placement();
      this.at = 50;
      this.view = head.mode === "refused" ? "originals" : "slider";
      this.shown = new Set(head.mode === "full" ? head.overlays_on : []);
      if (head.drawn_field.length && ["full", "consult"].includes(head.mode)) this.shown.add("drawn_field");
    }
    this.build();
    const names = Object.keys(head.blobs).filter((name) => !old[name]);
    this.pictures = { ...old };
    const photos = (name) => FIRST_SEEN.includes(name);
    await this.decode(head, names.filter(photos));
    if (this.head !== head) return;
    const first = this.pictures.before || this.pictures.before_original;
    this.image = head.size ? { width: head.size[0], height: head.size[1] } : { width: first.width, height: first.height };
    this.outline = pathOf([[...head.drawn_field, ...head.drawn_field.slice(0, 2)]]);
    this.paths = head.fates.map((fate) => pathOf(fate.lines));
    if (head.mode === "field" || head.mode === "correct") {
      if (!again || !this.editor) this.editor = new Editor(head.mode, this.image, head.pieces);
      if (head.mode === "correct" && !again) this.shown = new Set(head.fates.map((fate) => fate.code));
    } else this.editor = null;
    this.resize();
    if (head.mode !== "meanwhile") this.box.dataset.ready = head.id; // there is a result
    await this.decode(head, names.filter((name) => !photos(name)));
    if (this.head !== head) return;
    this.draw();
    this.box.setAttribute("aria-busy", "false");
  }

  async decode(head, names) {
    const decoded = await Promise.all(
      names.map((name) => (name.startsWith("pigment") ? tinted(head.blobs[name], head.pigment_rgb) : createImageBitmap(head.blobs[name]))),
    );
    if (this.head === head) names.forEach((name, k) => (this.pictures[name] = decoded[k]));
  }

  text(key) {
    return this.head.texts[key] || key;
  }

  slideTo(percent) {
    this.at = Math.min(100, Math.max(0, percent));
    this.range.value = this.box.dataset.at = String(this.at);
    this.range.setAttribute("aria-valuetext", this.text("slider_value").replace("{n}", String(Math.round(this.at))));
    this.draw();
  }

  flicking(on) {
    clearInterval(this.flick.timer);
    this.flick.timer = on ? setInterval(() => { this.flick.after = !this.flick.after; this.draw(); }, FLICKER_MS) : 0;
    this.play.textContent = this.text(on ? "pause" : "play");
    this.play.setAttribute("aria-pressed", String(on));
  }

  update() {
    if (this.view !== "flicker" && this.flick.timer) this.flicking(false);
    const sliding = this.view === "slider";
    if (this.sliderRow) {
      this.sliderRow.hidden = !sliding && this.view !== "flicker";
      for (const part of [this.range, ...this.sliderRow.querySelectorAll("span")]) part.hidden = !sliding;
      this.play.hidden = this.swap.hidden = this.view !== "flicker";
    }
    if (this.legend) {
      this.layers.hidden = !["slider", "flicker", "side"].includes(this.view);
      this.badge.hidden = this.view === "originals"; // those had none
      const most = this.head.error_most;
      this.legend.textContent = ["difference", "check", "originals"].includes(this.view) ? this.text(`legend_${this.view}`).replace("{most}", most) : "";
    }
    this.draw();
  }

  zoomBy(factor, x = this.pane().width / 2, y = this.pane().height / 2) {
    if (!this.image) return;
    this.placement.zoomAt(factor, x, y, this.image, this.pane());
    this.draw();
  }

  fit() {
    this.placement = new Placement();
    this.draw();
  }

  fullSize() {
    if (!this.image) return;
    if (this.head.full_size === "there" && !this.pictures.before_full) this.send("want", "full");
    const wanted = this.head.full_width / this.image.width / devicePixelRatio; // one pixel of the photo on one of the screen
    this.zoomBy(wanted / this.placement.scale(this.image, this.pane()));
  }

  listen() {
    this.captionsNow = "";
    this.stage.addEventListener("pointerdown", (event) => this.down(event));
    this.stage.addEventListener("pointermove", (event) => this.moved(event));
    for (const kind of ["pointerup", "pointercancel"]) this.stage.addEventListener(kind, (event) => this.up(event));
    this.stage.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // a plain wheel scrolls the page
      event.preventDefault();
      const p = this.place(event);
      this.zoomBy(Math.exp(-event.deltaY / 300), p.x, p.y);
    }, { passive: false });
    this.stage.addEventListener("keydown", (event) => this.key(event));
  }

  place(event) {
    const box = this.stage.getBoundingClientRect();
    const pane = this.pane();
    let x = event.clientX - box.left, y = event.clientY - box.top;
    if (this.panes() === 2) this.stacked() ? (y %= pane.height + 4) : (x %= pane.width + 4);
    return { x, y };
  }

  down(event) {
    if (!this.image) return;
    this.stage.setPointerCapture(event.pointerId);
    const p = this.place(event);
    this.pointers.set(event.pointerId, p);
    this.start = { ...p, moved: false };
    const pane = this.pane();
    const nearDivider = Math.abs(p.x - this.cut(pane)) < 28;
    this.sliding = !this.editor && this.view === "slider" && this.pointers.size === 1 && (nearDivider || this.placement.zoom <= 1);
    if (this.sliding && nearDivider) event.preventDefault();
    if (this.editor && this.pointers.size === 1) {
      this.editor.down(this.placement.toImage(p.x, p.y, this.image, pane), this.reach());
      this.panning = this.editor.tool !== "draw" && this.editor.dragged === null;
    }
    this.stage.style.touchAction = this.placement.zoom > 1 || this.editor || nearDivider ? "none" : "pan-y";
  }

  reach() {
    return GRAB_PX / this.placement.origin(this.image, this.pane()).s;
  }

  moved(event) {
    const last = this.pointers.get(event.pointerId);
    if (!last) return;
    const p = this.place(event);
    const pane = this.pane();
    if (Math.hypot(p.x - this.start.x, p.y - this.start.y) > 4) this.start.moved = true;
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([id]) => id !== event.pointerId)[1];
      const before = Math.hypot(last.x - other.x, last.y - other.y), now = Math.hypot(p.x - other.x, p.y - other.y);
      if (before > 0) this.zoomBy(now / before, (p.x + other.x) / 2, (p.y + other.y) / 2);
    } else if (this.sliding) this.slideFrom(p, pane);
    else if (this.editor && !this.panning) this.editor.move(this.placement.toImage(p.x, p.y, this.image, pane), STROKE_STEP / this.placement.origin(this.image, pane).s);
    else this.placement.pan(p.x - last.x, p.y - last.y, this.image, pane);
    this.pointers.set(event.pointerId, p);
    this.draw();
  }

  slideFrom(p, pane) {
    const o = this.placement.origin(this.image, pane);
    const left = Math.max(0, o.x), right = Math.min(pane.width, o.x + this.image.width * o.s);
    this.slideTo((100 * (p.x - left)) / Math.max(1, right - left));
  }

  up(event) {
    if (!this.pointers.delete(event.pointerId)) return;
    const p = this.place(event);
    if (this.editor && !this.pointers.size && event.type === "pointerup") {
      this.editor.up(this.placement.toImage(p.x, p.y, this.image, this.pane()), this.reach(), this.start.moved);
      this.editingChanged();
    } else if (this.sliding && !this.start.moved && event.type === "pointerup") this.slideFrom(p, this.pane());
    this.sliding = false;
    this.draw();
  }

  key(event) {
    if (event.target !== this.stage || !this.image) return;
    const pane = this.pane();
    const arrows = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] };
    if (event.key === "+" || event.key === "=") this.zoomBy(1.5);
    else if (event.key === "-") this.zoomBy(1 / 1.5);
    else if (event.key === "0") this.fit();
    else if (this.editor) {
      if (!this.editor.key(event, 1 / this.placement.origin(this.image, pane).s, this.reach())) return;
      this.editingChanged();
    } else if (event.key in arrows && this.placement.zoom > 1) this.placement.pan(...arrows[event.key], this.image, pane);
    else if (this.view === "slider" && (event.key === "ArrowLeft" || event.key === "ArrowRight")) this.slideTo(this.at + (event.key === "ArrowLeft" ? -KEY_STEP : KEY_STEP));
    else if (this.view === "flicker" && event.key === " ") this.swap.click();
    else return;
    event.preventDefault();
    this.draw();
  }

  watchSize() {
    this.observer.observe(this.stage);
    window.addEventListener("resize", this.windowResized);
  }

  end() {
    window.removeEventListener("resize", this.windowResized);
    clearInterval(this.flick.timer);
    cancelAnimationFrame(this.frame);
    this.observer.disconnect();
  }
}

const pairs = new WeakMap();

export default function ({ parentElement, data, setTriggerValue }) {
  const home = parentElement.querySelector(".pair-home");
  const pair = pairs.get(home) || new PairView(home, setTriggerValue);
  pairs.set(home, pair);
  pair.take(unpack(data), setTriggerValue);
  return () => pair.end();
}
