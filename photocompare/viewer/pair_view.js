// The pictures of one comparison: slider, flicker, side by side, difference, registration check, originals; overlays; drawing on the photo.
// Everything happens in the browser: a slider key needs no answer from the server.

const VIEWS = ["slider", "flicker", "side", "difference", "check", "originals"];
const KEY_STEP = 2; // percent that an arrow key moves the slider
const LINE_PX = 2; // CSS pixels of a vein's line

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

class PairView {
  constructor(root, send) {
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
  }

  async take(head, send) {
    this.send = send;
    if (this.head && head.text === this.head.text) return; // the page ran again, nothing here changed
    const again = this.head && this.head.id === head.id && this.head.mode === head.mode;
    const old = again ? this.pictures : {};
    this.head = head;
    if (!again) {
      this.placement = new Placement();
      this.at = 50;
      this.view = head.mode === "refused" ? "originals" : "slider";
      this.shown = new Set(head.mode === "full" ? head.overlays_on : []);
    }
    this.build();
    const names = Object.keys(head.blobs).filter((name) => !old[name]);
    this.pictures = { ...old };
    await Promise.all(
      names.map(async (name) => {
        this.pictures[name] = name.startsWith("pigment")
          ? await tinted(head.blobs[name], head.pigment_rgb)
          : await createImageBitmap(head.blobs[name]);
      }),
    );
    if (this.head !== head) return;
    const first = this.pictures.before || this.pictures.before_original;
    this.image = head.size ? { width: head.size[0], height: head.size[1] } : { width: first.width, height: first.height };
    this.paths = head.fates.map((fate) => pathOf(fate.lines));
    if (head.mode === "field" || head.mode === "correct") {
      if (!again || !this.editor) this.editor = new Editor(head.mode, this.image, head.pieces);
      if (head.mode === "correct" && !again) this.shown = new Set(head.fates.map((fate) => fate.code));
    } else this.editor = null;
    this.resize();
    this.sayReady();
  }

  sayReady() {
    this.box.dataset.ready = this.head.id;
    this.box.setAttribute("aria-busy", "false");
  }

  text(key) {
    return this.head.texts[key] || key;
  }

  // ---- building

  build() {
    this.observer.disconnect();
    const { mode } = this.head;
    const focusKey = this.root.activeElement ? this.root.activeElement.dataset.key : null;
    this.stage = element("div", { class: "stage", tabindex: "0", role: "application", "aria-label": this.stageLabel(), "data-key": "stage" });
    this.canvas = element("canvas", { "aria-hidden": "true" });
    this.captions = element("div", { class: "captions", "aria-hidden": "true" });
    this.stage.append(this.canvas, this.captions);
    const parts = [this.stage];
    if (mode !== "field" && mode !== "correct") parts.push((this.sliderRow = this.buildSlider()));
    if (mode === "full") {
      parts.unshift(this.buildViews());
      parts.push(this.buildTools(), (this.layers = this.buildLayers()), this.buildBadge());
    } else if (mode === "field" || mode === "correct") parts.unshift(this.buildEditing());
    if (mode !== "full") parts.splice(parts.indexOf(this.stage) + 1, 0, this.buildTools());
    this.box = element("div", { class: `pair ${mode}`, "aria-busy": "true" }, ...parts);
    this.root.replaceChildren(this.box);
    this.listen();
    this.observer.observe(this.stage);
    if (focusKey) this.box.querySelector(`[data-key="${focusKey}"]`)?.focus();
  }

  stageLabel() {
    return this.text(this.head.mode === "field" ? "field_stage" : this.head.mode === "correct" ? "correct_stage" : "stage");
  }

  buildViews() {
    const chosen = (view) => () => {
      this.view = view;
      this.update();
      if (view === "originals" && !this.pictures.before_original) this.send("want", "originals");
    };
    const options = VIEWS.filter((view) => view !== "check" || this.head.blobs.error || this.pictures.error).map((view) =>
      element(
        "label",
        { class: "segment" },
        element("input", { type: "radio", name: `view-${this.head.id}`, value: view, "data-key": `view-${view}`, checked: view === this.view, onchange: chosen(view) }),
        element("span", {}, this.text(`view_${view}`)),
      ),
    );
    return element("fieldset", { class: "views" }, element("legend", { class: "unseen" }, this.text("views")), ...options);
  }

  buildSlider() {
    this.range = element("input", {
      type: "range", min: "0", max: "100", step: "1", value: String(this.at), "aria-label": this.text("slider_label"), "data-key": "range",
      oninput: () => this.slideTo(Number(this.range.value)),
      onkeydown: (event) => {
        const step = { ArrowLeft: -KEY_STEP, ArrowDown: -KEY_STEP, ArrowRight: KEY_STEP, ArrowUp: KEY_STEP }[event.key];
        if (step === undefined) return;
        event.preventDefault();
        this.slideTo(this.at + step);
      },
    });
    this.play = this.button("flick", () => this.flicking(!this.flick.timer), "play");
    this.swap = this.button("swap", () => {
      this.flicking(false);
      this.flick.after = !this.flick.after;
      this.draw();
    }, "swap");
    return element("div", { class: "slider-row" }, element("span", {}, this.text("before")), this.range, element("span", {}, this.text("after")), this.play, this.swap);
  }

  button(key, act, word, extra = {}) {
    return element("button", { type: "button", "data-key": key, onclick: act, ...extra }, this.text(word));
  }

  buildTools() {
    const zoom = (factor) => () => this.zoomBy(factor);
    const symbol = (key, sign, word, act) => element("button", { type: "button", class: "sign", "data-key": key, "aria-label": this.text(word), title: this.text(word), onclick: act }, sign);
    this.full = this.button("full", () => this.fullSize(), "full_size");
    this.status = element("span", { class: "status", role: "status" });
    return element(
      "div", { class: "tools" },
      symbol("in", "+", "zoom_in", zoom(1.5)), symbol("out", "−", "zoom_out", zoom(1 / 1.5)), this.button("fit", () => this.fit(), "fit"),
      ...(this.head.mode === "full" ? [this.full] : []), this.status,
    );
  }

  buildLayers() {
    const toggle = (code) => (event) => {
      event.target.checked ? this.shown.add(code) : this.shown.delete(code);
      this.draw();
    };
    const row = (code, label, amount, swatch) =>
      element(
        "label", { class: "layer" },
        element("input", { type: "checkbox", "data-key": `layer-${code}`, checked: this.shown.has(code), onchange: toggle(code) }),
        swatch, element("span", { class: "layer-name" }, label), element("span", { class: "amount" }, amount),
      );
    const line = (fate) => {
      const sample = element("canvas", { class: "sample", width: "64", height: "32", "aria-hidden": "true" });
      const ctx = sample.getContext("2d");
      ctx.fillStyle = "rgb(222,184,160)";
      ctx.fillRect(0, 0, 64, 32);
      strokeLines(ctx, pathOf([[6, 22, 20, 12, 40, 20, 57, 9]]), fate, { x: 0, y: 0, s: 1 }, 4);
      return sample;
    };
    const tint = () => {
      const box = element("span", { class: "sample tint", "aria-hidden": "true" });
      box.style.background = `rgb(${this.head.pigment_rgb.join(",")})`;
      return box;
    };
    const opacity = element("input", {
      type: "range", min: "10", max: "100", step: "5", value: String(Math.round(this.opacity * 100)), "aria-label": this.text("opacity"), "data-key": "opacity",
      oninput: (event) => {
        this.opacity = Number(event.target.value) / 100;
        this.draw();
      },
    });
    return element(
      "fieldset", { class: "layers" },
      element("legend", {}, this.text("layers")),
      ...this.head.fates.map((fate) => row(fate.code, fate.label, fate.amount, line(fate))),
      row("pigment", this.text("pigment"), this.head.pigment_amount, tint()),
      element("label", { class: "layer opacity" }, element("span", { class: "layer-name" }, this.text("opacity")), opacity),
    );
  }

  buildBadge() {
    this.legend = element("p", { class: "legend" });
    this.badge = element("p", { class: "badge" }, this.text("same_processing"));
    return element("div", { class: "notes" }, this.legend, this.badge);
  }

  buildEditing() {
    const edit = (act) => () => {
      act();
      this.editingChanged();
    };
    const tools = [];
    if (this.head.mode === "correct") {
      for (const tool of ["strike", "draw"]) {
        tools.push(
          element(
            "label", { class: "segment" },
            element("input", {
              type: "radio", name: "tool", value: tool, checked: tool === (this.editor?.tool || "strike"), "data-key": `tool-${tool}`,
              onchange: () => {
                this.editor.finishLine();
                this.editor.tool = tool;
                this.editingChanged();
              },
            }),
            element("span", {}, this.text(`tool_${tool}`)),
          ),
        );
      }
      tools.push(this.button("finish", edit(() => this.editor.finishLine()), "finish_line"));
    } else tools.push(this.button("close", edit(() => this.editor.close()), "close_field"));
    tools.push(this.button("undo", edit(() => this.editor.undo()), "undo"), this.button("clear", edit(() => this.editor.clear()), "clear"));
    this.apply = this.button("apply", () => this.send(this.head.mode === "field" ? "field" : "marks", this.editor.value()), this.head.mode === "field" ? "apply_field" : "apply_marks", { class: "primary", disabled: true });
    const help = element("p", { class: "help" }, this.text(this.head.mode === "field" ? "field_help" : "correct_help"));
    return element("div", { class: "editing" }, help, element("div", { class: "tools" }, ...tools, this.apply));
  }

  editingChanged() {
    if (this.apply) this.apply.disabled = !this.editor.ready;
    if (this.head.mode === "field") {
      const count = this.editor.corners.length;
      this.status.textContent = this.text(this.editor.closed ? "field_closed" : "corners").replace("{n}", count);
    } else this.status.textContent = this.text("marks").replace("{struck}", this.editor.struck.size).replace("{drawn}", this.editor.lines.length);
    this.draw();
  }

  // ---- acting

  slideTo(percent) {
    this.at = Math.min(100, Math.max(0, percent));
    this.range.value = String(this.at);
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
    this.placement.zoomAt(factor, x, y, this.image, this.pane());
    this.draw();
  }

  fit() {
    this.placement = new Placement();
    this.draw();
  }

  fullSize() {
    if (this.head.full_size === "there" && !this.pictures.before_full) this.send("want", "full");
    const own = this.pictures.before_full || this.pictures.before;
    const wanted = (this.image.width / own.width) ** -1 / devicePixelRatio; // one pixel of the photo on one of the screen
    const now = this.placement.scale(this.image, this.pane());
    const target = this.head.full_width / this.image.width / devicePixelRatio;
    this.zoomBy(Math.max(wanted, target) / now);
  }

  // ---- the stage

  panes() {
    return this.view === "side" || this.view === "originals" ? 2 : this.view === "check" ? 2 : 1;
  }

  stacked() {
    return this.panes() === 2 && this.stage.clientWidth < this.stage.clientHeight * 1.05;
  }

  pane() {
    const two = this.panes() === 2;
    const width = this.stage.clientWidth, height = this.stage.clientHeight;
    if (!two) return { width, height };
    return this.stacked() ? { width, height: (height - 4) / 2 } : { width: (width - 4) / 2, height };
  }

  resize() {
    if (!this.image) return;
    const width = this.stage.clientWidth;
    const tall = Math.max(320, Math.min(this.head.tallest || 760, window.innerHeight * 0.78));
    const wanted = Math.round(Math.min(tall, (width * this.image.height) / this.image.width));
    if (Math.abs(this.stage.clientHeight - wanted) > 1) this.stage.style.height = `${wanted}px`;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(wanted * ratio);
    this.update();
  }

  draw() {
    if (this.frame) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.paint();
    });
  }

  paint() {
    if (!this.image || !this.canvas.width) return;
    const ctx = this.canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, this.stage.clientWidth, this.stage.clientHeight);
    const pane = this.pane();
    const captions = [];
    const second = this.stacked() ? { x: 0, y: pane.height + 4 } : { x: pane.width + 4, y: 0 };
    const within = (x, y, width, height, act) => {
      ctx.save();
      ctx.beginPath();
      ctx.rect(x, y, width, height);
      ctx.clip();
      ctx.translate(x, y);
      act();
      ctx.restore();
    };
    if (this.editor) {
      this.layer(ctx, "before", pane);
      this.editor.paint(ctx, (x, y) => this.placement.toScreen(x, y, this.image, pane), this.accent());
    } else if (this.view === "slider") {
      const cut = this.cut(pane);
      within(0, 0, cut, pane.height, () => this.layer(ctx, "before", pane));
      ctx.save();
      ctx.beginPath();
      ctx.rect(cut, 0, pane.width - cut, pane.height);
      ctx.clip();
      this.layer(ctx, "after", pane);
      ctx.restore();
      this.divider(ctx, cut, pane.height);
      captions.push([8, 8, "before"], [-8, 8, "after"]);
    } else if (this.view === "flicker") {
      const which = this.flick.after ? "after" : "before";
      this.layer(ctx, which, pane);
      captions.push([8, 8, which]);
    } else if (this.view === "side") {
      within(0, 0, pane.width, pane.height, () => this.layer(ctx, "before", pane));
      within(second.x, second.y, pane.width, pane.height, () => this.layer(ctx, "after", pane));
      captions.push([8, 8, "before"], [second.x + 8, second.y + 8, "after"]);
    } else if (this.view === "difference") {
      drawPicture(ctx, this.pictures.difference, this.image, this.placement, pane);
    } else if (this.view === "check") {
      within(0, 0, pane.width, pane.height, () => this.checker(ctx, pane));
      within(second.x, second.y, pane.width, pane.height, () => drawPicture(ctx, this.pictures.error, this.image, this.placement, pane));
      captions.push([8, 8, "checkerboard"], [second.x + 8, second.y + 8, "error_map"]);
    } else {
      for (const [which, x, y] of [["before", 0, 0], ["after", second.x, second.y]]) {
        const own = this.pictures[`${which}_original`];
        if (own) within(x, y, pane.width, pane.height, () => drawPicture(ctx, own, own, this.placement, pane));
        captions.push([x + 8, y + 8, own ? `${which}_original` : "loading"]);
      }
    }
    this.caption(captions);
    this.box.dataset.at = String(this.at);
    this.box.dataset.view = this.view;
    this.box.dataset.painted = String(performance.now());
  }

  accent() {
    return getComputedStyle(this.box).getPropertyValue("--st-primary-color") || "#0f766e";
  }

  cut(pane) {
    const o = this.placement.origin(this.image, pane);
    const left = Math.max(0, o.x), right = Math.min(pane.width, o.x + this.image.width * o.s);
    return left + ((right - left) * this.at) / 100;
  }

  layer(ctx, which, pane, painted = true) {
    const picture = this.pictures[`${which}_full`] || this.pictures[which] || this.pictures[`${which}_original`];
    drawPicture(ctx, picture, this.image, this.placement, pane);
    if (!painted) return;
    const o = this.placement.origin(this.image, pane);
    ctx.save();
    ctx.globalAlpha = this.opacity;
    if (this.shown.has("pigment") && this.pictures[`pigment_${which}`]) drawPicture(ctx, this.pictures[`pigment_${which}`], this.image, this.placement, pane);
    this.head.fates.forEach((fate, k) => {
      if (this.shown.has(fate.code)) strokeLines(ctx, this.paths[k], fate, o, LINE_PX);
    });
    ctx.restore();
  }

  checker(ctx, pane) {
    this.layer(ctx, "before", pane, false);
    ctx.beginPath();
    for (let row = 0; row * CHECKER_TILE < pane.height; row++) {
      for (let column = row % 2; column * CHECKER_TILE < pane.width; column += 2) ctx.rect(column * CHECKER_TILE, row * CHECKER_TILE, CHECKER_TILE, CHECKER_TILE);
    }
    ctx.save();
    ctx.clip();
    this.layer(ctx, "after", pane, false);
    ctx.restore();
  }

  divider(ctx, x, height) {
    const middle = height / 2;
    for (const [colour, width] of [["rgba(0,0,0,.45)", 5], ["#fff", 2.5]]) {
      ctx.fillStyle = colour;
      ctx.fillRect(x - width / 2, 0, width, height);
    }
    ctx.beginPath();
    ctx.arc(x, middle, 20, 0, 2 * Math.PI);
    ctx.fillStyle = "#fff";
    ctx.shadowColor = "rgba(0,0,0,.4)";
    ctx.shadowBlur = 6;
    ctx.fill();
    ctx.shadowBlur = 0;
    ctx.strokeStyle = "#333";
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (const side of [-1, 1]) {
      ctx.moveTo(x + side * 5, middle - 6);
      ctx.lineTo(x + side * 11, middle);
      ctx.lineTo(x + side * 5, middle + 6);
    }
    ctx.stroke();
  }

  caption(entries) {
    const wanted = JSON.stringify(entries);
    if (wanted === this.captionsNow) return;
    this.captionsNow = wanted;
    this.captions.replaceChildren(
      ...entries.map(([x, y, word]) => {
        const made = element("span", {}, this.text(word));
        if (x < 0) made.style.right = `${-x}px`;
        else made.style.left = `${x}px`;
        made.style.top = `${y}px`;
        return made;
      }),
    );
  }

  // ---- pointer, touch, wheel and keys on the stage

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
    if (event.target !== this.stage) return;
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

  end() {
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
  pair.observer.observe(home);
  pair.take(unpack(data), setTriggerValue);
  return () => pair.end();
}
