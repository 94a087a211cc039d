// Reading pixels and angles: pure functions of the live camera's checks.  A picture is an ImageData: { data, width, height }, RGBA.

const BLUR_FINE = 1; // sigmas of the two blurs whose slopes are compared, as in quality.py
const BLUR_COARSE = 2;
const LEAST_SLOPE = 0.6; // codes a pixel; below it a "step" is noise: 2 codes of noise a pixel leave 0.3 after the coarse blur
const LEAST_STEPS = 60; // pixels with such a slope, as in quality.py
const SLOPE_STEP = 0.1; // codes a pixel: how finely the steepest are told from the rest
const LEAST_SKIN = 0.05; // share of a picture's middle from which focus is judged on skin alone
const TRIM = 0.03; // share of the skin cut off at each side of its box, so that stray pixels don't stretch it

// Skin by chroma alone, whatever its tone (Chai & Ngan, IEEE Trans. Circuits Syst. Video Technol. 1999;9:551: Cb 77-127, Cr 133-173).
function skinMask({ data, width, height }) {
  const mask = new Uint8Array(width * height);
  for (let i = 0, p = 0; i < mask.length; i += 1, p += 4) {
    const r = data[p], g = data[p + 1], b = data[p + 2];
    const cb = 128 - 0.168736 * r - 0.331264 * g + 0.5 * b;
    const cr = 128 + 0.5 * r - 0.418688 * g - 0.081312 * b;
    mask[i] = cb >= 77 && cb <= 127 && cr >= 133 && cr <= 173 ? 1 : 0;
  }
  return mask;
}

// Where the skin is: share of the picture, box as shares of its sides, and the leg's width as a share of the width.
function skinPlace(mask, width, height) {
  const rows = new Float64Array(height), cols = new Float64Array(width);
  let total = 0;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (mask[y * width + x]) { rows[y] += 1; cols[x] += 1; total += 1; }
    }
  }
  if (!total) return { share: 0, box: null, limb: 0 };
  const [top, bottom] = inner(rows, total), [left, right] = inner(cols, total);
  const widths = rows.filter((n) => n > 0).sort(), heights = cols.filter((n) => n > 0).sort();
  const limb = Math.min(widths[widths.length >> 1], heights[heights.length >> 1]) / width;
  return { share: total / mask.length, box: { left: left / width, top: top / height, right: right / width, bottom: bottom / height }, limb };
}

function inner(counts, total) {
  let first = 0, last = counts.length - 1, sum = counts[0];
  while (sum <= TRIM * total) sum += counts[(first += 1)];
  sum = counts[last];
  while (sum <= TRIM * total) sum += counts[(last -= 1)];
  return [first, last + 1];
}

// Blur as a Gaussian sigma in pixels: how much the steepest slopes give way to a further blur of known width.  NaN without any slope.
// A Laplacian's variance over local contrast would be simpler, but on skin, which has little contrast, it measures the sensor's noise.
function blurSigma(picture, edgeShare) {
  const { data, width, height } = picture;
  const green = new Float32Array(width * height);
  for (let i = 0; i < green.length; i += 1) green[i] = data[4 * i + 1];
  const skin = skinMask(picture);
  const enough = skin.reduce((sum, one) => sum + one, 0) >= LEAST_SKIN * skin.length;
  const fine = slopes(gaussian(green, width, height, BLUR_FINE), width, height);
  const coarse = slopes(gaussian(green, width, height, BLUR_COARSE), width, height);
  const rim = 3 * BLUR_COARSE, counts = new Uint32Array(Math.ceil(256 / SLOPE_STEP));
  const each = (act) => {
    for (let y = rim; y < height - rim; y += 1) {
      for (let i = y * width + rim; i < (y + 1) * width - rim; i += 1) {
        if (coarse[i] >= LEAST_SLOPE && (skin[i] || !enough)) act(i);
      }
    }
  };
  let found = 0;
  each((i) => { counts[Math.floor(coarse[i] / SLOPE_STEP)] += 1; found += 1; });
  if (found < LEAST_STEPS) return NaN;
  const wanted = Math.max(LEAST_STEPS, edgeShare * (width - 2 * rim) * (height - 2 * rim));
  let bin = counts.length - 1;
  for (let sum = counts[bin]; sum < wanted && bin > 0; sum += counts[bin]) bin -= 1;
  const ratios = [];
  each((i) => { if (coarse[i] >= bin * SLOPE_STEP) ratios.push(fine[i] / coarse[i]); });
  ratios.sort((a, b) => a - b);
  const ratio = ratios[ratios.length >> 1];
  // a Gaussian step of sigma s blurred by b has the slope 1 / sqrt(s^2 + b^2)
  const square = (BLUR_COARSE ** 2 - (ratio * BLUR_FINE) ** 2) / Math.max(ratio ** 2 - 1, 1e-3);
  return Math.sqrt(Math.max(square, 0));
}

function gaussian(source, width, height, sigma) {
  const reach = Math.ceil(3 * sigma), kernel = [];
  for (let k = -reach; k <= reach; k += 1) kernel.push(Math.exp(-(k * k) / (2 * sigma * sigma)));
  const sum = kernel.reduce((a, b) => a + b, 0);
  const across = new Float32Array(source.length), both = new Float32Array(source.length);
  const row = new Float32Array(width + 2 * reach);
  for (let y = 0; y < height; y += 1) {
    const from = y * width;
    row.fill(source[from], 0, reach);
    row.set(source.subarray(from, from + width), reach);
    row.fill(source[from + width - 1], reach + width);
    for (let k = 0; k <= 2 * reach; k += 1) {
      const weight = kernel[k] / sum;
      for (let x = 0; x < width; x += 1) across[from + x] += weight * row[x + k];
    }
  }
  for (let y = 0; y < height; y += 1) {
    for (let k = -reach; k <= reach; k += 1) {
      const from = Math.min(height - 1, Math.max(0, y + k)) * width, weight = kernel[k + reach] / sum;
      for (let x = 0; x < width; x += 1) both[y * width + x] += weight * across[from + x];
    }
  }
  return both;
}

function slopes(grey, width, height) {
  const out = new Float32Array(grey.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x;
      out[i] = Math.hypot(grey[i + 1] - grey[i - 1], grey[i + width] - grey[i - width]) / 2;
    }
  }
  return out;
}

function linearLight(code) {
  const value = code / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

// Median linear red and the clipped share: between the outermost skin of each row, for clipped skin has no colour left, or in the
// middle half of the frame where no leg is seen.
function exposure({ data, width, height }, mask, least, white) {
  const seen = mask.reduce((sum, one) => sum + one, 0) >= least * mask.length;
  const reds = [];
  let clipped = 0;
  for (let y = 0; y < height; y += 1) {
    const row = mask.subarray(y * width, (y + 1) * width), middle = Math.abs(y / height - 0.5) < 0.25;
    const first = seen ? row.indexOf(1) : width >> 2, last = seen ? row.lastIndexOf(1) : width - (width >> 2) - 1;
    if (seen ? first < 0 : !middle) continue;
    for (let x = first; x <= last; x += 1) {
      const p = 4 * (y * width + x), red = linearLight(data[p]);
      if (red >= white && linearLight(data[p + 1]) >= white) clipped += 1;
      reds.push(red);
    }
  }
  reds.sort((a, b) => a - b);
  return { red: reds[reds.length >> 1], clipped: clipped / reds.length };
}

// A box given in a picture, as shares of a stage in which the picture is shown whole and centred.
function onStage(box, aspect, stageAspect) {
  const wide = aspect < stageAspect ? aspect / stageAspect : 1, high = aspect > stageAspect ? stageAspect / aspect : 1;
  return {
    left: 0.5 + (box.left - 0.5) * wide, right: 0.5 + (box.right - 0.5) * wide,
    top: 0.5 + (box.top - 0.5) * high, bottom: 0.5 + (box.bottom - 0.5) * high,
  };
}

// Which way the camera should go so that the live box comes to lie on the wanted one: a key of the texts.
function framing(live, wanted, options) {
  const cut = (box, low, high) => box[low] <= 0.01 || box[high] >= 0.99;
  const ratios = [];
  // a side that runs out of the frame tells nothing about size
  if (!cut(live, "left", "right") && !cut(wanted, "left", "right")) ratios.push((live.right - live.left) / (wanted.right - wanted.left));
  if (!cut(live, "top", "bottom") && !cut(wanted, "top", "bottom")) ratios.push((live.bottom - live.top) / (wanted.bottom - wanted.top));
  const area = (box) => (box.right - box.left) * (box.bottom - box.top);
  const size = ratios.length ? ratios.reduce((a, b) => a + b, 0) / ratios.length : Math.sqrt(area(live) / area(wanted));
  if (size < 1 - options.size) return "framing_closer";
  if (size > 1 + options.size) return "framing_further";
  const across = (live.left + live.right - wanted.left - wanted.right) / 2, down = (live.top + live.bottom - wanted.top - wanted.bottom) / 2;
  if (Math.max(Math.abs(across), Math.abs(down)) <= options.shift) return "framing_good";
  if (Math.abs(across) >= Math.abs(down)) return across > 0 ? "framing_right" : "framing_left";
  return down > 0 ? "framing_down" : "framing_up";
}

// Blur, in pixels of the focus copy, up to which a leg of this width (share of the copy's width) is sharp enough.
function sharpEnough(limb, width, options) {
  const wide = limb > 0 ? (options.blurred_mm * limb * width) / options.usual_limb_mm : options.sharp_px;
  return Math.min(options.widest_px, Math.max(options.sharp_px, wide));
}

// Angles of the device (W3C DeviceOrientation, degrees) to how the picture lies: roll of the horizon, clockwise positive, and the
// tilt of the lens, down positive.
function tilt(beta, gamma, screenAngle) {
  const b = (beta * Math.PI) / 180, g = (gamma * Math.PI) / 180;
  const down = [Math.cos(b) * Math.sin(g), -Math.sin(b), -Math.cos(b) * Math.cos(g)]; // gravity in the device's axes
  const turn = Math.atan2(down[0], -down[1]) * (180 / Math.PI) + screenAngle;
  return { roll: ((((turn + 180) % 360) + 360) % 360) - 180, pitch: Math.asin(Math.max(-1, Math.min(1, -down[2]))) * (180 / Math.PI) };
}

// Edges of a picture, drawn white with their strength as opacity (Sobel), into an ImageData of the same size.
function sobelEdges({ data, width, height }) {
  const sharp = new Float32Array(width * height), strength = new Float32Array(width * height);
  for (let i = 0; i < sharp.length; i += 1) sharp[i] = 0.3 * data[4 * i] + 0.59 * data[4 * i + 1] + 0.11 * data[4 * i + 2];
  const grey = gaussian(sharp, width, height, BLUR_COARSE); // so that pores and noise make no edges
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const i = y * width + x, n = i - width, s = i + width;
      const across = grey[n + 1] + 2 * grey[i + 1] + grey[s + 1] - grey[n - 1] - 2 * grey[i - 1] - grey[s - 1];
      const down = grey[s - 1] + 2 * grey[s] + grey[s + 1] - grey[n - 1] - 2 * grey[n] - grey[n + 1];
      strength[i] = Math.hypot(across, down);
    }
  }
  const sorted = Float32Array.from(strength).sort();
  const low = sorted[Math.floor(0.8 * sorted.length)], high = Math.max(sorted[Math.floor(0.97 * sorted.length)], low + 1);
  const edges = new ImageData(width, height);
  for (let i = 0; i < strength.length; i += 1) {
    edges.data.fill(255, 4 * i, 4 * i + 3);
    edges.data[4 * i + 3] = 255 * Math.min(1, Math.max(0, (strength[i] - low) / (high - low)));
  }
  return edges;
}
