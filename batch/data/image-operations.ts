/** @file Operations on an RGB image of floats in 0…255, [side, side, 3], in place; results are clamped to 0…255. */

/** What a warp takes from where: output (x, y) from the centre comes from (xx·x + xy·y + dx, yx·x + yy·y + dy). */
export interface Affine {
  xx: number;
  xy: number;
  yx: number;
  yy: number;
  /** pixels */
  dx: number;
  dy: number;
}

/** Mid-grey, which stands where a warp looks outside of the image. */
const outside = 128;

export function mapChannels(image: Float32Array, map: (value: number) => number): void {
  for (let i = 0; i < image.length; i++) image[i] = clamp(map(image[i]!));
}

/** saturation · v + (1 − saturation) · grey (ITU-R BT.601). */
export function mixGrey(image: Float32Array, saturation: number): void {
  for (let at = 0; at < image.length; at += 3) {
    const grey = 0.299 * image[at]! + 0.587 * image[at + 1]! + 0.114 * image[at + 2]!;
    for (let c = at; c < at + 3; c++) image[c] = clamp(grey + saturation * (image[c]! - grey));
  }
}

/** Each channel from its own darkest and lightest value to 0 and 255. */
export function stretchContrast(image: Float32Array): void {
  for (let c = 0; c < 3; c++) {
    let low = 255;
    let high = 0;
    for (let at = c; at < image.length; at += 3) {
      low = Math.min(low, image[at]!);
      high = Math.max(high, image[at]!);
    }
    if (high <= low) continue;
    for (let at = c; at < image.length; at += 3) image[at] = ((image[at]! - low) * 255) / (high - low);
  }
}

/** Spreads each channel's values so that all levels are about equally frequent. */
export function equalize(image: Float32Array): void {
  const pixels = image.length / 3;
  for (let c = 0; c < 3; c++) {
    const upTo = new Float64Array(256);
    for (let at = c; at < image.length; at += 3) upTo[Math.round(image[at]!)]! += 1;
    const first = upTo.find((count) => count > 0)!;
    if (first === pixels) continue;
    for (let level = 1; level < 256; level++) upTo[level]! += upTo[level - 1]!;
    for (let at = c; at < image.length; at += 3) {
      image[at] = ((upTo[Math.round(image[at]!)]! - first) * 255) / (pixels - first);
    }
  }
}

/** Towards the mean of the 3 × 3 neighbourhood where `share` is over 0, away from it (sharper) where it is under. */
export function blur(image: Float32Array, side: number, share: number): void {
  const before = image.slice();
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      for (let c = 0; c < 3; c++) {
        const at = 3 * (y * side + x) + c;
        let sum = 0;
        for (let dy = -1; dy <= 1; dy++) {
          for (let dx = -1; dx <= 1; dx++) sum += before[at + 3 * (dy * side + dx)]!;
        }
        image[at] = clamp(before[at]! + share * (sum / 9 - before[at]!));
      }
    }
  }
}

/** Bilinear, about the centre. */
export function warp(image: Float32Array, side: number, { xx, xy, yx, yy, dx, dy }: Affine): void {
  const before = image.slice();
  const centre = (side - 1) / 2;
  const value = (x: number, y: number, c: number) =>
    x < 0 || y < 0 || x >= side || y >= side ? outside : before[3 * (y * side + x) + c]!;
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [u, v] = [x - centre, y - centre];
      const fromX = xx * u + xy * v + dx + centre;
      const fromY = yx * u + yy * v + dy + centre;
      const [x0, y0] = [Math.floor(fromX), Math.floor(fromY)];
      const [ax, ay] = [fromX - x0, fromY - y0];
      for (let c = 0; c < 3; c++) {
        const above = (1 - ax) * value(x0, y0, c) + ax * value(x0 + 1, y0, c);
        const below = (1 - ax) * value(x0, y0 + 1, c) + ax * value(x0 + 1, y0 + 1, c);
        image[3 * (y * side + x) + c] = (1 - ay) * above + ay * below;
      }
    }
  }
}

function clamp(value: number): number {
  return value < 0 ? 0 : value > 255 ? 255 : value;
}
