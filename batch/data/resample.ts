/**
 * @file Crops and resizes small RGB images on typed arrays: bilinear, and where the crop shrinks a triangle filter as
 * wide as the step between output pixels, so that nothing aliases. Rows first, then columns.
 */
import type { Crop, Pixels } from './decode.ts';

/** For each output position: the first input position and `width` weights that sum to 1. */
interface Taps {
  first: Int32Array;
  weights: Float32Array;
  width: number;
}

function tapsFor(start: number, length: number, outputs: number): Taps {
  const step = length / outputs;
  const radius = Math.max(1, step);
  const width = Math.min(length, 2 * Math.ceil(radius));
  const first = new Int32Array(outputs);
  const weights = new Float32Array(outputs * width);
  for (let o = 0; o < outputs; o++) {
    const centre = (o + 0.5) * step - 0.5;
    const from = Math.min(Math.max(0, Math.floor(centre - radius) + 1), length - width);
    first[o] = start + from;
    let sum = 0;
    for (let t = 0; t < width; t++) {
      const weight = Math.max(0, 1 - Math.abs(from + t - centre) / radius);
      weights[o * width + t] = weight;
      sum += weight;
    }
    for (let t = 0; t < width; t++) weights[o * width + t]! /= sum;
  }
  return { first, weights, width };
}

/** Keeps the rows between the two passes; one for each loader. */
export class Resampler {
  private rows = new Float32Array(0);

  /**
   * Writes the crop as `side` × `side` × 3 numbers in 0…255 to `out` from `offset`, mirrored where `flip` says so.
   */
  into(out: Float32Array, offset: number, image: Pixels, crop: Crop, side: number, flip: boolean): void {
    const across = tapsFor(crop.left, crop.width, side);
    const down = tapsFor(crop.top, crop.height, side);
    const rowLength = 3 * side;
    if (this.rows.length < crop.height * rowLength) this.rows = new Float32Array(crop.height * rowLength);
    const { rows } = this;
    for (let y = 0; y < crop.height; y++) {
      const line = (crop.top + y) * image.width;
      for (let x = 0; x < side; x++) {
        let r = 0;
        let g = 0;
        let b = 0;
        let at = 3 * (line + across.first[x]!);
        for (let t = x * across.width; t < (x + 1) * across.width; t++, at += 3) {
          const weight = across.weights[t]!;
          r += weight * image.data[at]!;
          g += weight * image.data[at + 1]!;
          b += weight * image.data[at + 2]!;
        }
        const to = y * rowLength + 3 * (flip ? side - 1 - x : x);
        rows[to] = r;
        rows[to + 1] = g;
        rows[to + 2] = b;
      }
    }
    for (let y = 0; y < side; y++) {
      const to = offset + y * rowLength;
      const from = (down.first[y]! - crop.top) * rowLength;
      for (let t = 0; t < down.width; t++) {
        const weight = down.weights[y * down.width + t]!;
        const row = from + t * rowLength;
        if (t === 0) for (let i = 0; i < rowLength; i++) out[to + i] = weight * rows[row + i]!;
        else if (weight !== 0) for (let i = 0; i < rowLength; i++) out[to + i]! += weight * rows[row + i]!;
      }
    }
  }
}
