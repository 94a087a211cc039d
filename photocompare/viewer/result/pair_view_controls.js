// The controls around the stage: views, slider, zoom, overlays, tools for drawing.  All words come with the data.

const VIEWS = ["slider", "flicker", "side", "difference", "check", "originals"];
const KEY_STEP = 2; // percent that an arrow key moves the slider

class PairControls extends PairScene {
  build() {
    this.observer.disconnect();
    const { mode } = this.head;
    const focused = this.root.getRootNode().activeElement;
    const focusKey = this.root.contains(focused) ? focused.dataset.key : null;
    this.stage = element("div", { class: "stage", dir: "ltr", tabindex: "0", role: "application", "aria-label": this.stageLabel(), "data-key": "stage" });
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
    this.watchSize();
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
    return element("div", { class: "slider-row", dir: "ltr" }, element("span", {}, this.text("before")), this.range, element("span", {}, this.text("after")), this.play, this.swap);
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
    const row = (code, label, amount, swatch, note = "") =>
      element(
        "label", { class: "layer", title: note || null },
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
      ...this.head.fates.map((fate) => row(fate.code, fate.label, fate.amount, line(fate), fate.note)),
      row("pigment", this.text("pigment"), this.head.pigment_amount, tint()),
      ...(this.head.drawn_field.length ? [row("drawn_field", this.text("drawn_field"), "", line(this.head.drawn_field_style))] : []),
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
}
