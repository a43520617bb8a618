/**
 * @file Crops and resizes small RGB images on typed arrays: bilinear, and where the crop shrinks a triangle filter as
 * wide as the step between output pixels, so that nothing aliases. Rows first, then columns.
 */
import type { Crop, Pixels } from '../../shared/data/decode.ts';

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
    if (crop.width === side && crop.height === side) copyCrop(out, offset, image, crop, flip);
    else this.resample(out, offset, image, crop, side, flip);
  }

  private resample(out: Float32Array, offset: number, image: Pixels, crop: Crop, side: number, flip: boolean): void {
    const across = tapsFor(crop.left, crop.width, side);
    const down = tapsFor(0, crop.height, side);
    const rowLength = 3 * side;
    if (this.rows.length < crop.height * rowLength) this.rows = new Float32Array(crop.height * rowLength);
    const { rows } = this;
    const resampleRow = across.width === 2 ? resampleRowOfTwo : resampleRowOfMany;
    for (let y = 0; y < crop.height; y++) {
      resampleRow(rows, y * rowLength, image.data, 3 * (crop.top + y) * image.width, across, flip);
    }
    for (let y = 0; y < side; y++) {
      const to = offset + y * rowLength;
      const from = down.first[y]! * rowLength;
      if (down.width === 2) {
        const w0 = down.weights[2 * y]!;
        const w1 = down.weights[2 * y + 1]!;
        const next = from + rowLength;
        // The first product is rounded as it is where sums are kept in `out`: the same bits either way.
        for (let i = 0; i < rowLength; i++) out[to + i] = Math.fround(w0 * rows[from + i]!) + w1 * rows[next + i]!;
        continue;
      }
      for (let t = 0; t < down.width; t++) {
        const weight = down.weights[y * down.width + t]!;
        const row = from + t * rowLength;
        if (t === 0) for (let i = 0; i < rowLength; i++) out[to + i] = weight * rows[row + i]!;
        else if (weight !== 0) for (let i = 0; i < rowLength; i++) out[to + i]! += weight * rows[row + i]!;
      }
    }
  }
}

/** A crop that has its size already: what libvips has cropped and resized, and thumbnails shown whole. */
function copyCrop(out: Float32Array, offset: number, image: Pixels, { left, top, width, height }: Crop, flip: boolean) {
  const step = flip ? -3 : 3;
  for (let y = 0; y < height; y++) {
    let to = offset + 3 * (y * width + (flip ? width - 1 : 0));
    const start = 3 * ((top + y) * image.width + left);
    for (let at = start; at < start + 3 * width; at += 3, to += step) {
      out[to] = image.data[at]!;
      out[to + 1] = image.data[at + 1]!;
      out[to + 2] = image.data[at + 2]!;
    }
  }
}

/** One row of pixels, whose line begins at `line` in `data`, to `rows` from `to` on. */
type ResampleRow = (rows: Float32Array, to: number, data: Uint8Array, line: number, taps: Taps, flip: boolean) => void;

const resampleRowOfMany: ResampleRow = (rows, to, data, line, { first, weights, width }, flip) => {
  const step = flip ? -3 : 3;
  let into = flip ? to + 3 * (first.length - 1) : to;
  for (let x = 0; x < first.length; x++, into += step) {
    let r = 0;
    let g = 0;
    let b = 0;
    let at = line + 3 * first[x]!;
    for (let t = x * width; t < (x + 1) * width; t++, at += 3) {
      const weight = weights[t]!;
      r += weight * data[at]!;
      g += weight * data[at + 1]!;
      b += weight * data[at + 2]!;
    }
    rows[into] = r;
    rows[into + 1] = g;
    rows[into + 2] = b;
  }
};

/** Most thumbnails are enlarged: the same sums of two, without a loop. */
const resampleRowOfTwo: ResampleRow = (rows, to, data, line, { first, weights }, flip) => {
  const step = flip ? -3 : 3;
  let into = flip ? to + 3 * (first.length - 1) : to;
  for (let x = 0; x < first.length; x++, into += step) {
    const at = line + 3 * first[x]!;
    const w0 = weights[2 * x]!;
    const w1 = weights[2 * x + 1]!;
    rows[into] = w0 * data[at]! + w1 * data[at + 3]!;
    rows[into + 1] = w0 * data[at + 1]! + w1 * data[at + 4]!;
    rows[into + 2] = w0 * data[at + 2]! + w1 * data[at + 5]!;
  }
};
