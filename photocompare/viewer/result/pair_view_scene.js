// What is on the stage: which picture lies where, what is painted over it.  `PairView` says what is chosen.

// CSS pixels.  What stands above and below the pictures is left room for, so that they are seen whole with the number beside them.
const LEAST_TALL = 340, MOST_TALL = 760, BESIDE_RESULT = 360, BESIDE_CONSULT = 230;
const BROWSER_BAR = 90; // a phone's bar comes and goes while the page is scrolled: the picture does not follow it
const LINE_PX = 2; // CSS pixels of a vein's line

class PairScene {
  panes() {
    return this.view === "side" || this.view === "originals" ? 2 : this.view === "check" ? 2 : 1;
  }

  stacked() {
    // Two photos that can't be compared stand side by side: within one height neither is smaller for it.
    return this.panes() === 2 && this.head.mode !== "refused" && this.stage.clientWidth < this.stage.clientHeight * 1.05;
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
    if (Math.abs(window.innerHeight - (this.windowTall || 0)) > BROWSER_BAR) this.windowTall = window.innerHeight;
    const tall = Math.max(LEAST_TALL, Math.min(MOST_TALL, this.windowTall - (this.head.mode === "consult" ? BESIDE_CONSULT : BESIDE_RESULT)));
    const wanted = Math.round(this.abreast(width, tall) || Math.min(tall, (width * this.image.height) / this.image.width));
    if (Math.abs(this.stage.clientHeight - wanted) > 1) this.stage.style.height = `${wanted}px`;
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(wanted * ratio);
    this.update();
  }

  // The height of two photos side by side, where they are all that is ever shown: that of the taller of them.
  abreast(width, tall) {
    const own = ["before_original", "after_original"].map((name) => this.pictures[name]);
    if (this.head.mode !== "refused" || !own[0] || !own[1]) return 0;
    return Math.min(tall, Math.max(...own.map((one) => (((width - 4) / 2) * one.height) / one.width)));
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
    // Photos that are not laid over each other yet: each whole, in its own shape.
    drawPicture(ctx, picture, this.head.mode === "meanwhile" ? picture : this.image, this.placement, pane);
    if (!painted) return;
    const o = this.placement.origin(this.image, pane);
    ctx.save();
    ctx.globalAlpha = this.opacity;
    if (this.shown.has("pigment") && this.pictures[`pigment_${which}`]) drawPicture(ctx, this.pictures[`pigment_${which}`], this.image, this.placement, pane);
    this.head.fates.forEach((fate, k) => {
      if (this.shown.has(fate.code)) strokeLines(ctx, this.paths[k], fate, o, LINE_PX);
    });
    if (this.shown.has("drawn_field")) strokeLines(ctx, this.outline, this.head.drawn_field_style, o, LINE_PX);
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
}
