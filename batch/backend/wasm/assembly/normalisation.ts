/**
 * @file Batch normalisation over the rows of x[rows, channels], with an optional ReLU6 behind it.
 * Mean and variance: two passes inside a block of rows that fits the cache, blocks merged by the rule of
 * Chan, Golub & LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979),
 * so memory is read once and no large sums of squares are subtracted.
 */
import { loadLanes, mulAdd, storeLanes } from './lanes';

/** Floats of one block of rows (32 KB). */
const BLOCK_FLOATS: i32 = 8192;

function rowsAtOnce(channels: i32): i32 {
  return max(8, BLOCK_FLOATS / channels);
}

/** 1 / √(variance + epsilon) */
function inverseDeviation(variance: v128, epsilon: f32): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

/** mean[channels] and biased variance[channels] of x[rows, channels]. */
export function batchNormStatistics(x: usize, mean: usize, variance: usize, rows: i32, channels: i32): void {
  const row = (<usize>channels) << 2;
  const block = rowsAtOnce(channels);
  memory.fill(mean, 0, row);
  memory.fill(variance, 0, row);
  for (let first = 0; first < rows; first += block) {
    const count = min(block, rows - first);
    const inverse = f32x4.splat(1 / <f32>count);
    const share = f32x4.splat(<f32>count / <f32>(first + count));
    const weight = f32x4.splat((<f32>first * <f32>count) / <f32>(first + count));
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      const start = x + offset;
      let sum = f32x4.splat(0);
      let p = start;
      for (let r = 0; r < count; r++, p += row) sum = f32x4.add(sum, loadLanes(p, lanes));
      const rough = f32x4.mul(sum, inverse);
      let drift = f32x4.splat(0),
        squares = drift;
      p = start;
      for (let r = 0; r < count; r++, p += row) {
        const d = f32x4.sub(loadLanes(p, lanes), rough);
        drift = f32x4.add(drift, d);
        squares = mulAdd(squares, d, d);
      }
      // The deviations' own mean corrects what rounding left in the first pass.
      const correction = f32x4.mul(drift, inverse);
      const average = f32x4.add(rough, correction);
      squares = f32x4.sub(squares, f32x4.mul(drift, correction));
      const oldMean = loadLanes(mean + offset, lanes);
      const delta = f32x4.sub(average, oldMean);
      const merged = f32x4.add(
        f32x4.add(loadLanes(variance + offset, lanes), squares),
        f32x4.mul(f32x4.mul(delta, delta), weight),
      );
      storeLanes(mean + offset, mulAdd(oldMean, delta, share), lanes);
      storeLanes(variance + offset, merged, lanes);
    }
    x += <usize>count * row;
  }
  for (let i: usize = 0; i < row; i += 4) store<f32>(variance + i, load<f32>(variance + i) / <f32>rows);
}

/** y = scale·(x − mean)/√(variance + epsilon) + shift, cut to [0, 6] when `relu6`. */
export function batchNormApply(
  x: usize,
  y: usize,
  mean: usize,
  variance: usize,
  scale: usize,
  shift: usize,
  rows: i32,
  channels: i32,
  relu6: bool,
  epsilon: f32,
): void {
  const row = (<usize>channels) << 2;
  const block = rowsAtOnce(channels);
  const low = f32x4.splat(0),
    high = f32x4.splat(6);
  for (let first = 0; first < rows; first += block) {
    const count = min(block, rows - first);
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      const centre = loadLanes(mean + offset, lanes);
      const factor = f32x4.mul(
        loadLanes(scale + offset, lanes),
        inverseDeviation(loadLanes(variance + offset, lanes), epsilon),
      );
      const term = loadLanes(shift + offset, lanes);
      let p = x + offset,
        q = y + offset;
      for (let r = 0; r < count; r++, p += row, q += row) {
        let value = f32x4.add(f32x4.mul(f32x4.sub(loadLanes(p, lanes), centre), factor), term);
        if (relu6) value = f32x4.min(f32x4.max(value, low), high);
        storeLanes(q, value, lanes);
      }
    }
    x += <usize>count * row;
    y += <usize>count * row;
  }
}

/** The part of dy that passes ReLU6: where 0 < pre-activation < 6. */
function passing(dy: v128, centred: v128, factor: v128, shift: v128): v128 {
  const before = f32x4.add(f32x4.mul(centred, factor), shift);
  return v128.and(dy, v128.and(f32x4.gt(before, f32x4.splat(0)), f32x4.lt(before, f32x4.splat(6))));
}

/**
 * dx, dscale, dshift of `batchNormApply` on batch statistics, from x and dy. With g = dy where ReLU6 passes and
 * x̂ = (x − mean)/√(variance + epsilon): dshift = Σ g, dscale = Σ g·x̂,
 * dx = scale/√(variance + epsilon) · (g − dshift/rows − x̂·dscale/rows). (Ioffe & Szegedy 2015, section 3.)
 */
export function batchNormGrad(
  x: usize,
  dy: usize,
  dx: usize,
  mean: usize,
  variance: usize,
  scale: usize,
  shift: usize,
  dscale: usize,
  dshift: usize,
  rows: i32,
  channels: i32,
  relu6: bool,
  epsilon: f32,
): void {
  const row = (<usize>channels) << 2;
  const block = rowsAtOnce(channels);
  memory.fill(dscale, 0, row);
  memory.fill(dshift, 0, row);
  for (let first = 0; first < rows; first += block) {
    const count = min(block, rows - first);
    const start = <usize>first * row;
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      const inverse = inverseDeviation(loadLanes(variance + offset, lanes), epsilon);
      const centre = loadLanes(mean + offset, lanes),
        term = loadLanes(shift + offset, lanes);
      const factor = f32x4.mul(loadLanes(scale + offset, lanes), inverse);
      let sum = f32x4.splat(0),
        product = sum;
      let p = x + start + offset,
        q = dy + start + offset;
      for (let r = 0; r < count; r++, p += row, q += row) {
        const centred = f32x4.sub(loadLanes(p, lanes), centre);
        let g = loadLanes(q, lanes);
        if (relu6) g = passing(g, centred, factor, term);
        sum = f32x4.add(sum, g);
        product = mulAdd(product, g, centred);
      }
      storeLanes(dshift + offset, f32x4.add(loadLanes(dshift + offset, lanes), sum), lanes);
      storeLanes(dscale + offset, mulAdd(loadLanes(dscale + offset, lanes), product, inverse), lanes);
    }
  }
  const share = f32x4.splat(1 / <f32>rows);
  for (let first = 0; first < rows; first += block) {
    const count = min(block, rows - first);
    const start = <usize>first * row;
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      const inverse = inverseDeviation(loadLanes(variance + offset, lanes), epsilon);
      const centre = loadLanes(mean + offset, lanes),
        term = loadLanes(shift + offset, lanes);
      const factor = f32x4.mul(loadLanes(scale + offset, lanes), inverse);
      const meanGradient = f32x4.mul(loadLanes(dshift + offset, lanes), share);
      const slope = f32x4.mul(f32x4.mul(loadLanes(dscale + offset, lanes), share), inverse);
      let p = x + start + offset,
        q = dy + start + offset,
        out = dx + start + offset;
      for (let r = 0; r < count; r++, p += row, q += row, out += row) {
        const centred = f32x4.sub(loadLanes(p, lanes), centre);
        let g = loadLanes(q, lanes);
        if (relu6) g = passing(g, centred, factor, term);
        storeLanes(out, f32x4.mul(factor, f32x4.sub(f32x4.sub(g, meanGradient), f32x4.mul(centred, slope))), lanes);
      }
    }
  }
}
