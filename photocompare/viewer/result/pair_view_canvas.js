// Painting of a registered pair on canvases: where the picture lies on the screen, its layers, the lines of the veins.
// Positions: "image" is pixels of the shown pictures, "screen" is CSS pixels of one pane, top left corner 0, 0.

const MOST_ZOOM = 16; // screen pixels per image pixel: single pixels are seen well before
const CHECKER_TILE = 56; // CSS pixels of a tile: several across a leg, each with several veins
const FLICKER_MS = 700; // below three changes a second (WCAG 2.3.1), slow enough to find a vein again

// How an image of a given size lies in a pane: scale and offset, kept within bounds.
class Placement {
  constructor() {
    this.zoom = 1; // 1: the whole image fits
    this.cx = 0.5; // middle of the pane, as a share of the image
    this.cy = 0.5;
  }
  scale(image, pane) {
    return Math.min(pane.width / image.width, pane.height / image.height) * this.zoom;
  }
  origin(image, pane) {
    const s = this.scale(image, pane);
    const free = (share, side, room) => (side * s <= room ? (room - side * s) / 2 : Math.min(0, Math.max(room - side * s, room / 2 - share * side * s)));
    return { x: free(this.cx, image.width, pane.width), y: free(this.cy, image.height, pane.height), s };
  }
  toImage(x, y, image, pane) {
    const o = this.origin(image, pane);
    return { x: (x - o.x) / o.s - 0.5, y: (y - o.y) / o.s - 0.5 };
  }
  toScreen(x, y, image, pane) {
    const o = this.origin(image, pane);
    return { x: (x + 0.5) * o.s + o.x, y: (y + 0.5) * o.s + o.y };
  }
  zoomAt(factor, x, y, image, pane) {
    const at = this.toImage(x, y, image, pane);
    const most = Math.max(1, MOST_ZOOM / (this.scale(image, pane) / this.zoom));
    this.zoom = Math.min(most, Math.max(1, this.zoom * factor));
    const s = this.scale(image, pane);
    this.cx = (at.x + 0.5 - (x - pane.width / 2) / s) / image.width;
    this.cy = (at.y + 0.5 - (y - pane.height / 2) / s) / image.height;
    this.settle(image, pane);
  }
  pan(dx, dy, image, pane) {
    const s = this.scale(image, pane);
    this.cx -= dx / (s * image.width);
    this.cy -= dy / (s * image.height);
    this.settle(image, pane);
  }
  settle(image, pane) {
    const s = this.scale(image, pane);
    const hold = (share, side, room) => {
      const half = Math.min(0.5, room / (2 * side * s));
      return Math.min(1 - half, Math.max(half, share));
    };
    this.cx = hold(this.cx, image.width, pane.width);
    this.cy = hold(this.cy, image.height, pane.height);
  }
}

function drawPicture(ctx, picture, image, placement, pane) {
  if (!picture) return; // it is being decoded
  const o = placement.origin(image, pane);
  ctx.imageSmoothingEnabled = o.s * (image.width / picture.width) < 3; // magnified further, pixels are shown as what they are
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(picture, o.x, o.y, image.width * o.s, image.height * o.s);
}

function pathOf(lines) {
  const path = new Path2D();
  for (const line of lines) {
    path.moveTo(line[0] + 0.5, line[1] + 0.5);
    for (let k = 2; k < line.length; k += 2) path.lineTo(line[k] + 0.5, line[k + 1] + 0.5);
  }
  return path;
}

function strokeLines(ctx, path, style, o, width) {
  ctx.save();
  ctx.translate(o.x, o.y);
  ctx.scale(o.s, o.s);
  ctx.lineJoin = "round";
  ctx.lineCap = style.dash.length ? "butt" : "round";
  const px = (width * style.weight) / o.s;
  ctx.setLineDash(style.dash.map((d) => Math.max(d, 0.6) * px));
  for (const [colour, grow] of [[style.casing, 1.8], [style.colour, 1]]) {
    ctx.strokeStyle = colour;
    ctx.lineWidth = px * grow;
    ctx.stroke(path);
  }
  ctx.restore();
}

// A mask (white on black) as a tinted, see-through picture.
async function tinted(blob, rgb) {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const ctx = canvas.getContext("2d");
  ctx.drawImage(bitmap, 0, 0);
  const pixels = ctx.getImageData(0, 0, canvas.width, canvas.height);
  const whole = new Uint32Array(pixels.data.buffer); // a pixel at once, red lowest: a fifth of the time
  const colour = rgb[0] | (rgb[1] << 8) | (rgb[2] << 16);
  for (let k = 0; k < whole.length; k++) whole[k] = colour | ((whole[k] & 255) << 24);
  ctx.putImageData(pixels, 0, 0);
  return canvas;
}
