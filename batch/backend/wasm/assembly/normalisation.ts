/**
 * @file Batch normalisation over the rows of x[rows, channels], with an optional ReLU6 behind it.
 * Mean and variance: two passes inside a block of rows that fits the cache, blocks merged by the rule of
 * Chan, Golub & LeVeque, "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances" (1979),
 * so memory is read once and no large sums of squares are subtracted.
 * Each loop runs down the rows for four channels; several rows at a time, so that sums need not wait for each other.
 */
import { loadLanes, mulAdd, storeLanes } from './lanes';

/** Floats of one block of rows (16 KB). */
const BLOCK_FLOATS: i32 = 4096;

/** Arrays below this size are taken to be in the cache already. */
const CACHE_BYTES: usize = 4 << 20;

/** Rows of one block. */
export function rowsAtOnce(channels: i32): i32 {
  return max(8, BLOCK_FLOATS / channels);
}

/**
 * Where an array of `whole` bytes is larger than the cache, reads one byte of every line of a block of it in order:
 * the hardware then streams the block in, which it does not do for the strided loops behind.
 */
export function fetch(block: usize, bytes: usize, whole: usize): void {
  if (whole < CACHE_BYTES) return;
  for (const end = block + bytes; block < end; block += 64) load<u8>(block);
}

/** 1 / √(variance + epsilon) */
export function inverseDeviation(variance: v128, epsilon: f32): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(f32x4.add(variance, f32x4.splat(epsilon))));
}

/** Σ of `count` rows. */
function sumOf(x: usize, row: usize, count: i32, lanes: i32): v128 {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  if (lanes == 4) {
    for (; count >= 4; count -= 4, x += 4 * row) {
      s0 = f32x4.add(s0, v128.load(x));
      s1 = f32x4.add(s1, v128.load(x + row));
      s2 = f32x4.add(s2, v128.load(x + 2 * row));
      s3 = f32x4.add(s3, v128.load(x + 3 * row));
    }
  }
  for (; count > 0; count--, x += row) s0 = f32x4.add(s0, loadLanes(x, lanes));
  return f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3));
}

/** Merges `count` rows at x into the mean and the sum of squared deviations of the `seen` rows before them. */
function mergeRows(x: usize, row: usize, seen: i32, count: i32, lanes: i32, mean: usize, squared: usize): void {
  const inverse = f32x4.splat(1 / <f32>count);
  const rough = f32x4.mul(sumOf(x, row, count, lanes), inverse);
  let drift0 = f32x4.splat(0),
    drift1 = drift0,
    squares0 = drift0,
    squares1 = drift0;
  let left = count;
  if (lanes == 4) {
    for (; left >= 2; left -= 2, x += 2 * row) {
      const d0 = f32x4.sub(v128.load(x), rough),
        d1 = f32x4.sub(v128.load(x + row), rough);
      drift0 = f32x4.add(drift0, d0);
      drift1 = f32x4.add(drift1, d1);
      squares0 = mulAdd(squares0, d0, d0);
      squares1 = mulAdd(squares1, d1, d1);
    }
  }
  for (; left > 0; left--, x += row) {
    const d = f32x4.sub(loadLanes(x, lanes), rough);
    drift0 = f32x4.add(drift0, d);
    squares0 = mulAdd(squares0, d, d);
  }
  // The deviations' own mean corrects what rounding left in the first pass.
  const drift = f32x4.add(drift0, drift1),
    correction = f32x4.mul(drift, inverse);
  const squares = f32x4.sub(f32x4.add(squares0, squares1), f32x4.mul(drift, correction));
  const before = loadLanes(mean, lanes);
  const delta = f32x4.sub(f32x4.add(rough, correction), before);
  const total = <f32>(seen + count);
  const between = f32x4.mul(f32x4.mul(delta, delta), f32x4.splat(<f32>seen * (<f32>count / total)));
  storeLanes(mean, mulAdd(before, delta, f32x4.splat(<f32>count / total)), lanes);
  storeLanes(squared, f32x4.add(f32x4.add(loadLanes(squared, lanes), squares), between), lanes);
}

/** mean[channels] and biased variance[channels] of x[rows, channels]. */
export function batchNormStatistics(x: usize, mean: usize, variance: usize, rows: i32, channels: i32): void {
  const row = (<usize>channels) << 2;
  const block = rowsAtOnce(channels);
  memory.fill(mean, 0, row);
  memory.fill(variance, 0, row);
  for (let seen = 0; seen < rows; seen += block) {
    const count = min(block, rows - seen);
    fetch(x, <usize>count * row, <usize>rows * row);
    for (let c = 0; c < channels; c += 4) {
      const offset = (<usize>c) << 2;
      mergeRows(x + offset, row, seen, count, min(channels - c, 4), mean + offset, variance + offset);
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
  const low = f32x4.splat(relu6 ? 0 : <f32>-Infinity),
    high = f32x4.splat(relu6 ? 6 : <f32>Infinity);
  for (let first = 0; first < rows; first += block) {
    const count = min(block, rows - first);
    fetch(x, <usize>count * row, <usize>rows * row);
    fetch(y, <usize>count * row, <usize>rows * row);
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      const centre = loadLanes(mean + offset, lanes),
        term = loadLanes(shift + offset, lanes);
      const factor = f32x4.mul(
        loadLanes(scale + offset, lanes),
        inverseDeviation(loadLanes(variance + offset, lanes), epsilon),
      );
      let p = x + offset,
        q = y + offset;
      if (lanes == 4) {
        for (let r = 0; r < count; r++, p += row, q += row) {
          const value = f32x4.add(f32x4.mul(f32x4.sub(v128.load(p), centre), factor), term);
          v128.store(q, f32x4.pmin(f32x4.pmax(value, low), high));
        }
      } else {
        for (let r = 0; r < count; r++, p += row, q += row) {
          const value = f32x4.add(f32x4.mul(f32x4.sub(loadLanes(p, lanes), centre), factor), term);
          storeLanes(q, f32x4.pmin(f32x4.pmax(value, low), high), lanes);
        }
      }
    }
    x += <usize>count * row;
    y += <usize>count * row;
  }
}
