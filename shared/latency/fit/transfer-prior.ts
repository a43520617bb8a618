/**
 * @file What is believed about a device before it is timed, as covariance of linear weights. A network is the vector
 * [1, sources, physical, blocks]: what each known device takes for it (over that device's mean), its physical features,
 * its blocks one by one. A setting starts from one guess of the shape (the mean of the sources, one source, or none) and
 * says how far the target may leave it: towards other sources, along physical features, block by block.
 */
import type { Symmetric } from './symmetric.ts';

/** How many entries of a network's vector are what. */
export interface Layout {
  sources: number;
  physical: number;
  blocks: number;
}

/** Weights of the first guess over the sources, adding up to 1; empty: the guess is a constant. */
export type Shape = readonly number[];

export interface Setting {
  shape: Shape;
  /** spread over the source networks' mean latencies, relative to their mean: the scale of corrections */
  deviation: number;
  towardsSources: number;
  physical: number;
  blocks: number;
  /** standard deviation of one timing, in `deviation` */
  noise: number;
}

const constantDeviation = 0.3;
const slopeDeviation = 0.5;
/** of the latencies of a space where nothing is known */
export const unknownDeviation = 0.35;

export function lengthOf({ sources, physical, blocks }: Layout): number {
  return 1 + sources + physical + blocks;
}

/** [networks] relative latency that the shape expects: 1 without sources. */
export function firstGuess(shape: Shape, row: ArrayLike<number>): number {
  if (shape.length === 0) return 1;
  let sum = 0;
  for (let s = 0; s < shape.length; s++) sum += shape[s]! * row[1 + s]!;
  return sum;
}

/** The Gram matrices of the timed networks that every setting of one shape mixes. */
export interface Grams {
  n: number;
  constant: Float64Array;
  guess: Float64Array;
  sources: Float64Array;
  physical: Float64Array;
  blocks: Float64Array;
}

export function gramsOf(layout: Layout, shape: Shape, rows: readonly ArrayLike<number>[], common?: Grams): Grams {
  const n = rows.length;
  const guess = Float64Array.from(rows, (row) => firstGuess(shape, row));
  const sources = new Float64Array(n * n);
  const { sources: count } = layout;
  if (shape.length > 0) {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        let sum = 0;
        for (let s = 1; s <= count; s++) sum += (rows[i]![s]! - guess[i]!) * (rows[j]![s]! - guess[j]!);
        sources[i * n + j] = sum / count;
        sources[j * n + i] = sum / count;
      }
    }
  }
  const first = 1 + count;
  return {
    n,
    constant: Float64Array.from(rows, (row) => row[0]!),
    guess,
    sources,
    physical: common?.physical ?? gram(rows, first, first + layout.physical),
    blocks: common?.blocks ?? gram(rows, first + layout.physical, first + layout.physical + layout.blocks),
  };
}

function gram(rows: readonly ArrayLike<number>[], from: number, to: number): Float64Array {
  const n = rows.length;
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += rows[i]![k]! * rows[j]![k]!;
      out[i * n + j] = sum;
      out[j * n + i] = sum;
    }
  }
  return out;
}

/** Covariance of the timed networks' relative latencies around the first guess. */
export function timedCovariance(grams: Grams, setting: Setting): Symmetric {
  const { n, constant, guess } = grams;
  const slope = setting.shape.length > 0 ? slopeDeviation ** 2 : 0;
  const towards = setting.towardsSources ** 2;
  const physical = (setting.physical * setting.deviation) ** 2;
  const blocks = (setting.blocks * setting.deviation) ** 2;
  const data = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const at = i * n + j;
      data[at] =
        constantDeviation ** 2 * constant[i]! * constant[j]! +
        slope * guess[i]! * guess[j]! +
        towards * grams.sources[at]! +
        physical * grams.physical[at]! +
        blocks * grams.blocks[at]!;
    }
  }
  return { n, data };
}

/**
 * The same prior as covariance of the weights: rows' covariance is row · C · rowᵀ.
 * @returns length × length
 */
export function weightCovariance(layout: Layout, setting: Setting): Symmetric {
  const n = lengthOf(layout);
  const data = new Float64Array(n * n);
  data[0] = constantDeviation ** 2;
  const { shape } = setting;
  if (shape.length > 0) {
    const perSource = setting.towardsSources ** 2 / layout.sources;
    for (let i = 0; i < layout.sources; i++) {
      for (let j = 0; j < layout.sources; j++) {
        // Σₛ (eₛ − shape)(eₛ − shape)ᵀ = I − 1 shapeᵀ − shape 1ᵀ + S shape shapeᵀ
        const towards = (i === j ? 1 : 0) - shape[j]! - shape[i]! + layout.sources * shape[i]! * shape[j]!;
        data[(1 + i) * n + 1 + j] = slopeDeviation ** 2 * shape[i]! * shape[j]! + perSource * towards;
      }
    }
  }
  for (let k = 1 + layout.sources; k < n; k++) {
    const scale = k < 1 + layout.sources + layout.physical ? setting.physical : setting.blocks;
    data[k * n + k] = (scale * setting.deviation) ** 2;
  }
  return { n, data };
}
