/**
 * @file Gradients of batch normalisation on batch statistics. With g = dy where ReLU6 passes and
 * x̂ = (x − mean)/√(variance + epsilon): dshift = Σ g, dscale = Σ g·x̂,
 * dx = scale/√(variance + epsilon) · (g − dshift/rows − x̂·dscale/rows). (Ioffe & Szegedy 2015, section 3.)
 */
import { loadLanes, mulAdd, storeLanes } from './lanes';
import { fetch, inverseDeviation, rowsAtOnce } from './normalisation';

/** g = dy where ReLU6 passes, that is where 0 < centred·factor + shift < 6. */
function passing(dy: v128, centred: v128, factor: v128, shift: v128): v128 {
  const before = mulAdd(shift, centred, factor);
  return v128.and(dy, v128.and(f32x4.gt(before, f32x4.splat(0)), f32x4.lt(before, f32x4.splat(6))));
}

/** Adds Σ g to dshift and Σ g·x̂ to dscale over `count` rows of up to four channels. */
function addSums(
  x: usize,
  dy: usize,
  row: usize,
  count: i32,
  lanes: i32,
  centre: v128,
  inverse: v128,
  factor: v128,
  term: v128,
  relu6: bool,
  dscale: usize,
  dshift: usize,
): void {
  let sum0 = f32x4.splat(0),
    sum1 = sum0,
    product0 = sum0,
    product1 = sum0;
  if (lanes == 4) {
    for (; count >= 2; count -= 2) {
      const centred0 = f32x4.sub(v128.load(x), centre),
        centred1 = f32x4.sub(v128.load(x + row), centre);
      let g0 = v128.load(dy),
        g1 = v128.load(dy + row);
      if (relu6) {
        g0 = passing(g0, centred0, factor, term);
        g1 = passing(g1, centred1, factor, term);
      }
      sum0 = f32x4.add(sum0, g0);
      sum1 = f32x4.add(sum1, g1);
      product0 = mulAdd(product0, g0, centred0);
      product1 = mulAdd(product1, g1, centred1);
      x += 2 * row;
      dy += 2 * row;
    }
  }
  for (; count > 0; count--, x += row, dy += row) {
    const centred = f32x4.sub(loadLanes(x, lanes), centre);
    let g = loadLanes(dy, lanes);
    if (relu6) g = passing(g, centred, factor, term);
    sum0 = f32x4.add(sum0, g);
    product0 = mulAdd(product0, g, centred);
  }
  storeLanes(dshift, f32x4.add(loadLanes(dshift, lanes), f32x4.add(sum0, sum1)), lanes);
  storeLanes(dscale, mulAdd(loadLanes(dscale, lanes), f32x4.add(product0, product1), inverse), lanes);
}

/** dx of `count` rows of up to four channels: factor·(g − meanGradient − centred·slope). */
function writeRows(
  x: usize,
  dy: usize,
  dx: usize,
  row: usize,
  count: i32,
  lanes: i32,
  centre: v128,
  factor: v128,
  term: v128,
  meanGradient: v128,
  slope: v128,
  relu6: bool,
): void {
  for (; count > 0; count--, x += row, dy += row, dx += row) {
    const whole = lanes == 4;
    const centred = f32x4.sub(whole ? v128.load(x) : loadLanes(x, lanes), centre);
    let g = whole ? v128.load(dy) : loadLanes(dy, lanes);
    if (relu6) g = passing(g, centred, factor, term);
    const value = f32x4.mul(factor, f32x4.sub(f32x4.sub(g, meanGradient), f32x4.mul(centred, slope)));
    if (whole) v128.store(dx, value);
    else storeLanes(dx, value, lanes);
  }
}

/** dx[rows, channels], dscale[channels], dshift[channels] from x, dy and the batch's statistics. */
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
  const share = f32x4.splat(1 / <f32>rows);
  memory.fill(dscale, 0, row);
  memory.fill(dshift, 0, row);
  for (let pass = 0; pass < 2; pass++) {
    for (let first = 0; first < rows; first += block) {
      const count = min(block, rows - first);
      fetch(x + <usize>first * row, <usize>count * row, <usize>rows * row);
      fetch(dy + <usize>first * row, <usize>count * row, <usize>rows * row);
      if (pass == 1) fetch(dx + <usize>first * row, <usize>count * row, <usize>rows * row);

      for (let c = 0; c < channels; c += 4) {
        const lanes = min(channels - c, 4),
          offset = (<usize>c) << 2;
        const start = <usize>first * row + offset;
        const inverse = inverseDeviation(loadLanes(variance + offset, lanes), epsilon);
        const centre = loadLanes(mean + offset, lanes),
          term = loadLanes(shift + offset, lanes);
        const factor = f32x4.mul(loadLanes(scale + offset, lanes), inverse);
        if (pass == 0) {
          addSums(
            x + start,
            dy + start,
            row,
            count,
            lanes,
            centre,
            inverse,
            factor,
            term,
            relu6,
            dscale + offset,
            dshift + offset,
          );
        } else {
          const meanGradient = f32x4.mul(loadLanes(dshift + offset, lanes), share);
          const slope = f32x4.mul(f32x4.mul(loadLanes(dscale + offset, lanes), share), inverse);
          writeRows(
            x + start,
            dy + start,
            dx + start,
            row,
            count,
            lanes,
            centre,
            factor,
            term,
            meanGradient,
            slope,
            relu6,
          );
        }
      }
    }
  }
}
