// Drawing on the before photo: a field's polygon, or marks on veins.  Works by pointer, by touch, and by a cross-hair that the arrow keys move.

const GRAB_PX = 14; // CSS pixels around a corner or a vein that still mean it: half a finger
const STROKE_STEP = 3; // CSS pixels between the points of a drawn line

class Editor {
  constructor(kind, image, pieces) {
    this.kind = kind; // "field" or "correct"
    this.image = image;
    this.pieces = pieces;
    this.tool = kind === "field" ? "corner" : "strike";
    this.corners = [];
    this.closed = false;
    this.struck = new Set();
    this.lines = [];
    this.open = null; // line being drawn
    this.dragged = null;
    this.cross = { x: image.width / 2, y: image.height / 2, shown: false };
    this.past = [];
  }
  keep() {
    this.past.push(JSON.stringify([this.corners, this.closed, [...this.struck], this.lines]));
  }
  undo() {
    if (!this.past.length) return;
    const [corners, closed, struck, lines] = JSON.parse(this.past.pop());
    Object.assign(this, { corners, closed, struck: new Set(struck), lines, open: null });
  }
  clear() {
    this.keep();
    Object.assign(this, { corners: [], closed: false, struck: new Set(), lines: [], open: null });
  }
  get ready() {
    return this.kind === "field" ? this.closed : this.struck.size + this.lines.length > 0;
  }
  value() {
    return this.kind === "field"
      ? { polygon: this.corners }
      : { not_veins: [...this.struck].sort((a, b) => a - b), missed: this.lines };
  }
  // `reach` is GRAB_PX in image pixels.
  down(p, reach) {
    this.cross.shown = false;
    if (this.tool === "draw") {
      this.open = [[p.x, p.y]];
      return;
    }
    if (this.tool === "corner") {
      const near = this.nearCorner(p, reach);
      if (near >= 0 && !(near === 0 && !this.closed && this.corners.length > 2)) {
        this.keep();
        this.dragged = near;
      }
    }
  }
  move(p, step) {
    if (this.open) {
      const last = this.open[this.open.length - 1];
      if (Math.hypot(p.x - last[0], p.y - last[1]) >= step) this.open.push([p.x, p.y]);
    } else if (this.dragged !== null) this.corners[this.dragged] = this.inside(p);
  }
  up(p, reach, moved) {
    if (this.open) {
      if (this.open.length > 1) {
        this.keep();
        this.lines.push(this.open);
      }
      this.open = null;
    } else if (this.dragged !== null) this.dragged = null;
    else if (!moved) this.mark(p, reach);
  }
  mark(p, reach) {
    if (this.tool === "corner") {
      if (this.closed) return;
      this.keep();
      if (this.corners.length > 2 && this.nearCorner(p, reach) === 0) this.closed = true;
      else this.corners.push(this.inside(p));
    } else if (this.tool === "strike") {
      const line = this.lines.findIndex((l) => l.some((q) => Math.hypot(q[0] - p.x, q[1] - p.y) < reach));
      const piece = this.nearPiece(p, reach);
      if (line < 0 && piece < 0) return;
      this.keep();
      if (line >= 0) this.lines.splice(line, 1);
      else if (!this.struck.delete(piece)) this.struck.add(piece);
    } else {
      // the cross-hair draws point by point
      if (!this.pending) {
        this.pending = [[p.x, p.y]];
        return;
      }
      this.pending.push([p.x, p.y]);
    }
  }
  finishLine() {
    if (this.pending && this.pending.length > 1) {
      this.keep();
      this.lines.push(this.pending);
    }
    this.pending = null;
  }
  close() {
    if (this.corners.length > 2) {
      this.keep();
      this.closed = true;
    }
  }
  inside(p) {
    return [Math.min(this.image.width - 1, Math.max(0, p.x)), Math.min(this.image.height - 1, Math.max(0, p.y))];
  }
  nearCorner(p, reach) {
    return this.corners.findIndex((c) => Math.hypot(c[0] - p.x, c[1] - p.y) < reach);
  }
  nearPiece(p, reach) {
    let best = -1;
    let least = reach;
    this.pieces.forEach((piece, k) => {
      for (let i = 0; i < piece.length; i += 2) {
        const d = Math.hypot(piece[i] - p.x, piece[i + 1] - p.y);
        if (d < least) [best, least] = [k, d];
      }
    });
    return best;
  }
  key(event, step, reach) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    if (event.key in moves) {
      const [dx, dy] = moves[event.key];
      const far = step * (event.shiftKey ? 1 : 8);
      const [x, y] = this.inside({ x: this.cross.x + dx * far, y: this.cross.y + dy * far });
      this.cross = { x, y, shown: true };
    } else if (event.key === "Enter" || event.key === " ") {
      this.cross.shown = true;
      this.mark(this.cross, reach);
    } else if (event.key === "Backspace" || event.key === "Delete") this.undo();
    else if (event.key === "Escape") this.finishLine();
    else return false;
    return true;
  }
  paint(ctx, at, accent) {
    const dot = (p, r, fill) => {
      ctx.beginPath();
      ctx.arc(p.x, p.y, r, 0, 2 * Math.PI);
      ctx.fillStyle = fill;
      ctx.fill();
      ctx.lineWidth = 2;
      ctx.strokeStyle = "#fff";
      ctx.stroke();
    };
    const line = (points, colour, closed) => {
      ctx.beginPath();
      points.forEach((q, k) => {
        const s = at(q[0], q[1]);
        k ? ctx.lineTo(s.x, s.y) : ctx.moveTo(s.x, s.y);
      });
      if (closed) ctx.closePath();
      for (const [c, w] of [["#fff", 5], [colour, 2.5]]) {
        ctx.strokeStyle = c;
        ctx.lineWidth = w;
        ctx.stroke();
      }
    };
    ctx.setLineDash([]);
    if (this.corners.length) {
      line(this.corners, accent, this.closed);
      if (this.closed) {
        ctx.globalAlpha = 0.14;
        ctx.fillStyle = accent;
        ctx.fill();
        ctx.globalAlpha = 1;
      }
      this.corners.forEach((c) => dot(at(c[0], c[1]), 6, accent));
    }
    for (const k of this.struck) {
      const piece = this.pieces[k];
      const middle = 2 * Math.floor(piece.length / 4);
      const s = at(piece[middle], piece[middle + 1]);
      for (const [c, w] of [["#fff", 5], ["#1c2128", 2]]) {
        ctx.strokeStyle = c;
        ctx.lineWidth = w;
        ctx.beginPath();
        ctx.moveTo(s.x - 5, s.y - 5);
        ctx.lineTo(s.x + 5, s.y + 5);
        ctx.moveTo(s.x + 5, s.y - 5);
        ctx.lineTo(s.x - 5, s.y + 5);
        ctx.stroke();
      }
    }
    for (const drawn of [...this.lines, this.open, this.pending]) if (drawn && drawn.length > 1) line(drawn, "#1c2128", false);
    for (const p of this.pending || []) dot(at(p[0], p[1]), 4, "#1c2128");
    if (this.cross.shown) {
      const s = at(this.cross.x, this.cross.y);
      for (const [c, w] of [["#fff", 4], ["#000", 1.5]]) {
        ctx.strokeStyle = c;
        ctx.lineWidth = w;
        ctx.beginPath();
        ctx.moveTo(s.x - 14, s.y);
        ctx.lineTo(s.x + 14, s.y);
        ctx.moveTo(s.x, s.y - 14);
        ctx.lineTo(s.x, s.y + 14);
        ctx.stroke();
      }
    }
  }
}
