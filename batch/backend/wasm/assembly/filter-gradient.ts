/**
 * @file Filter gradient of a depthwise convolution over planes: each tap is the inner product of the output
 * gradient with the input shifted by that tap. Several taps share one pass over the gradient.
 */
import { loadLanes, mulAdd, storeLanes } from './lanes';
import { PIXEL } from './planes';

/**
 * dw[ky, kx] += Σ gradient[r, q] · plane[r·sy + ky, q·sx + kx] for the quads of one band of `band` channels.
 * gradient is [rows, quads, columns, 4], plane [planeRows, quads, planeColumns, 4]; taps of dw lie `tapBytes` apart.
 */
export function accumulateFilterGrad(
  gradient: usize,
  rows: i32,
  columns: i32,
  plane: usize,
  planeColumns: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  dw: usize,
  tapBytes: usize,
  band: i32,
): void {
  const quads = <usize>((band + 3) >> 2),
    step = <usize>sx * PIXEL;
  const gradientQuad = <usize>columns * PIXEL,
    planeQuad = <usize>planeColumns * PIXEL;
  const gradientRow = quads * gradientQuad,
    rowBytes = quads * planeQuad,
    planeRow = <usize>sy * rowBytes;
  for (let c = 0; c < band; c += 4) {
    const lanes = min(band - c, 4),
      quad = <usize>(c >> 2);
    const g = gradient + quad * gradientQuad;
    let target = dw + ((<usize>c) << 2),
      row = plane + quad * planeQuad;
    if (kh == 3 && kw == 3) {
      filter3x3(g, gradientRow, row, rowBytes, sy, step, rows, columns, target, tapBytes, lanes);
      continue;
    }
    for (let ky = 0; ky < kh; ky++) {
      if (kw == 5) filterRow5(g, gradientRow, row, planeRow, step, rows, columns, target, tapBytes, lanes);
      else if (kw == 7) filterRow7(g, gradientRow, row, planeRow, step, rows, columns, target, tapBytes, lanes);
      else {
        for (let kx = 0; kx < kw; kx++) {
          const shifted = row + <usize>kx * PIXEL;
          filterTap(g, gradientRow, shifted, planeRow, step, rows, columns, target + <usize>kx * tapBytes, lanes);
        }
      }
      target += <usize>kw * tapBytes;
      row += rowBytes;
    }
  }
}

function addTap(target: usize, sum: v128, lanes: i32): void {
  storeLanes(target, f32x4.add(loadLanes(target, lanes), sum), lanes);
}

/** One tap. */
function filterTap(
  gradient: usize,
  gradientRow: usize,
  plane: usize,
  planeRow: usize,
  step: usize,
  rows: i32,
  columns: i32,
  target: usize,
  lanes: i32,
): void {
  let sum = f32x4.splat(0);
  for (let r = 0; r < rows; r++) {
    let pixel = plane,
      from = gradient;
    for (let q = 0; q < columns; q++) {
      sum = mulAdd(sum, v128.load(from), v128.load(pixel));
      from += PIXEL;
      pixel += step;
    }
    gradient += gradientRow;
    plane += planeRow;
  }
  addTap(target, sum, lanes);
}

/** One row of 5 taps. */
function filterRow5(
  gradient: usize,
  gradientRow: usize,
  plane: usize,
  planeRow: usize,
  step: usize,
  rows: i32,
  columns: i32,
  target: usize,
  tapBytes: usize,
  lanes: i32,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0;
  for (let r = 0; r < rows; r++) {
    let pixel = plane,
      from = gradient;
    for (let q = 0; q < columns; q++) {
      const g = v128.load(from);
      s0 = mulAdd(s0, g, v128.load(pixel));
      s1 = mulAdd(s1, g, v128.load(pixel, 16));
      s2 = mulAdd(s2, g, v128.load(pixel, 32));
      s3 = mulAdd(s3, g, v128.load(pixel, 48));
      s4 = mulAdd(s4, g, v128.load(pixel, 64));
      from += PIXEL;
      pixel += step;
    }
    gradient += gradientRow;
    plane += planeRow;
  }
  addTap(target, s0, lanes);
  addTap(target + tapBytes, s1, lanes);
  addTap(target + 2 * tapBytes, s2, lanes);
  addTap(target + 3 * tapBytes, s3, lanes);
  addTap(target + 4 * tapBytes, s4, lanes);
}

/** One row of 7 taps. */
function filterRow7(
  gradient: usize,
  gradientRow: usize,
  plane: usize,
  planeRow: usize,
  step: usize,
  rows: i32,
  columns: i32,
  target: usize,
  tapBytes: usize,
  lanes: i32,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0;
  for (let r = 0; r < rows; r++) {
    let pixel = plane,
      from = gradient;
    for (let q = 0; q < columns; q++) {
      const g = v128.load(from);
      s0 = mulAdd(s0, g, v128.load(pixel));
      s1 = mulAdd(s1, g, v128.load(pixel, 16));
      s2 = mulAdd(s2, g, v128.load(pixel, 32));
      s3 = mulAdd(s3, g, v128.load(pixel, 48));
      s4 = mulAdd(s4, g, v128.load(pixel, 64));
      s5 = mulAdd(s5, g, v128.load(pixel, 80));
      s6 = mulAdd(s6, g, v128.load(pixel, 96));
      from += PIXEL;
      pixel += step;
    }
    gradient += gradientRow;
    plane += planeRow;
  }
  addTap(target, s0, lanes);
  addTap(target + tapBytes, s1, lanes);
  addTap(target + 2 * tapBytes, s2, lanes);
  addTap(target + 3 * tapBytes, s3, lanes);
  addTap(target + 4 * tapBytes, s4, lanes);
  addTap(target + 5 * tapBytes, s5, lanes);
  addTap(target + 6 * tapBytes, s6, lanes);
}

/** All taps of a 3 × 3 filter at once. */
function filter3x3(
  gradient: usize,
  gradientRow: usize,
  plane: usize,
  rowBytes: usize,
  sy: i32,
  step: usize,
  rows: i32,
  columns: i32,
  target: usize,
  tapBytes: usize,
  lanes: i32,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0,
    s4 = s0,
    s5 = s0,
    s6 = s0,
    s7 = s0,
    s8 = s0;
  for (let r = 0; r < rows; r++) {
    let pixel0 = plane,
      pixel1 = plane + rowBytes,
      pixel2 = plane + 2 * rowBytes,
      from = gradient;
    for (let q = 0; q < columns; q++) {
      const g = v128.load(from);
      s0 = mulAdd(s0, g, v128.load(pixel0));
      s1 = mulAdd(s1, g, v128.load(pixel0, 16));
      s2 = mulAdd(s2, g, v128.load(pixel0, 32));
      s3 = mulAdd(s3, g, v128.load(pixel1));
      s4 = mulAdd(s4, g, v128.load(pixel1, 16));
      s5 = mulAdd(s5, g, v128.load(pixel1, 32));
      s6 = mulAdd(s6, g, v128.load(pixel2));
      s7 = mulAdd(s7, g, v128.load(pixel2, 16));
      s8 = mulAdd(s8, g, v128.load(pixel2, 32));
      from += PIXEL;
      pixel0 += step;
      pixel1 += step;
      pixel2 += step;
    }
    gradient += gradientRow;
    plane += <usize>sy * rowBytes;
  }
  addTap(target, s0, lanes);
  addTap(target + tapBytes, s1, lanes);
  addTap(target + 2 * tapBytes, s2, lanes);
  addTap(target + 3 * tapBytes, s3, lanes);
  addTap(target + 4 * tapBytes, s4, lanes);
  addTap(target + 5 * tapBytes, s5, lanes);
  addTap(target + 6 * tapBytes, s6, lanes);
  addTap(target + 7 * tapBytes, s7, lanes);
  addTap(target + 8 * tapBytes, s8, lanes);
}
