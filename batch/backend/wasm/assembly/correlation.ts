/**
 * @file Correlation of a plane with small kernels, four output pixels of a row and four channels at a time.
 * For stride 1 and rows of 3, 5 or 7 taps each input pixel is loaded once and meets every tap it needs; sums
 * alternate between two sets of registers (a, b) so that an addition need not wait for the one before it.
 */
import { mulAdd, storeLanes } from './lanes';
import { PIXEL } from './planes';

/** Output pixels of one row computed together. */
export const TILE: i32 = 4;

/** `columns` rounded up to whole tiles. */
export function wholeTiles(columns: i32): i32 {
  return ((columns + TILE - 1) / TILE) * TILE;
}

/**
 * out[r, q] = Σ taps[ky, kx] · plane[r·sy + ky, q·sx + kx] for the quads of one band of `band` channels.
 * plane is [rows, quads, planeColumns, 4], taps [quads, kh, kw, 4]; steps of `out` in bytes. The plane has room for
 * whole tiles of output columns; those beyond `columns` are not stored.
 */
export function correlate(
  plane: usize,
  planeColumns: i32,
  taps: usize,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  out: usize,
  rows: i32,
  columns: i32,
  outRow: usize,
  outPixel: usize,
  band: i32,
): void {
  const quadBytes = <usize>planeColumns * PIXEL,
    step = <usize>sx * PIXEL;
  const rowBytes = <usize>((band + 3) >> 2) * quadBytes,
    tapBytes = <usize>(kh * kw) * PIXEL;
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < band; c += 4) {
      const lanes = min(band - c, 4);
      const tap = taps + <usize>(c >> 2) * tapBytes;
      let row = plane + <usize>(r * sy) * rowBytes + <usize>(c >> 2) * quadBytes;
      let target = out + <usize>r * outRow + ((<usize>c) << 2);
      for (let valid = columns; valid > 0; valid -= TILE) {
        if (sx == 1 && kw == 3) tile3(row, rowBytes, tap, kh, target, outPixel, valid, lanes);
        else if (sx == 1 && kw == 5) tile5(row, rowBytes, tap, kh, target, outPixel, valid, lanes);
        else if (sx == 1 && kw == 7) tile7(row, rowBytes, tap, kh, target, outPixel, valid, lanes);
        else tileOf(row, rowBytes, step, tap, kh, kw, target, outPixel, valid, lanes);
        row += <usize>TILE * step;
        target += <usize>TILE * outPixel;
      }
    }
  }
}

/** Stores the first `valid` of four neighbouring outputs. */
function storeTile(out: usize, outPixel: usize, valid: i32, lanes: i32, s0: v128, s1: v128, s2: v128, s3: v128): void {
  storeLanes(out, s0, lanes);
  if (valid > 1) storeLanes(out + outPixel, s1, lanes);
  if (valid > 2) storeLanes(out + 2 * outPixel, s2, lanes);
  if (valid > 3) storeLanes(out + 3 * outPixel, s3, lanes);
}

/** Four outputs for any kernel and stride. */
function tileOf(
  row: usize,
  rowBytes: usize,
  step: usize,
  tap: usize,
  kh: i32,
  kw: i32,
  out: usize,
  outPixel: usize,
  valid: i32,
  lanes: i32,
): void {
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  for (let ky = 0; ky < kh; ky++) {
    let p0 = row,
      p1 = row + step,
      p2 = row + 2 * step,
      p3 = row + 3 * step;
    for (let kx = 0; kx < kw; kx++) {
      const w = v128.load(tap);
      s0 = mulAdd(s0, w, v128.load(p0));
      s1 = mulAdd(s1, w, v128.load(p1));
      s2 = mulAdd(s2, w, v128.load(p2));
      s3 = mulAdd(s3, w, v128.load(p3));
      p0 += PIXEL;
      p1 += PIXEL;
      p2 += PIXEL;
      p3 += PIXEL;
      tap += PIXEL;
    }
    row += rowBytes;
  }
  storeTile(out, outPixel, valid, lanes, s0, s1, s2, s3);
}

/** Four outputs with rows of 3 taps. */
function tile3(
  row: usize,
  rowBytes: usize,
  tap: usize,
  kh: i32,
  out: usize,
  outPixel: usize,
  valid: i32,
  lanes: i32,
): void {
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0,
    b0 = a0,
    b1 = a0,
    b2 = a0,
    b3 = a0,
    x = a0;
  for (let ky = 0; ky < kh; ky++) {
    x = v128.load(row);
    const w0 = v128.load(tap);
    a0 = mulAdd(a0, x, w0);
    x = v128.load(row, 16);
    const w1 = v128.load(tap, 16);
    b0 = mulAdd(b0, x, w1);
    b1 = mulAdd(b1, x, w0);
    x = v128.load(row, 32);
    const w2 = v128.load(tap, 32);
    a0 = mulAdd(a0, x, w2);
    a1 = mulAdd(a1, x, w1);
    a2 = mulAdd(a2, x, w0);
    x = v128.load(row, 48);
    b1 = mulAdd(b1, x, w2);
    b2 = mulAdd(b2, x, w1);
    b3 = mulAdd(b3, x, w0);
    x = v128.load(row, 64);
    a2 = mulAdd(a2, x, w2);
    a3 = mulAdd(a3, x, w1);
    x = v128.load(row, 80);
    b3 = mulAdd(b3, x, w2);
    row += rowBytes;
    tap += 3 * PIXEL;
  }
  storeTile(out, outPixel, valid, lanes, f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3));
}

/** Four outputs with rows of 5 taps. */
function tile5(
  row: usize,
  rowBytes: usize,
  tap: usize,
  kh: i32,
  out: usize,
  outPixel: usize,
  valid: i32,
  lanes: i32,
): void {
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0,
    b0 = a0,
    b1 = a0,
    b2 = a0,
    b3 = a0,
    x = a0;
  for (let ky = 0; ky < kh; ky++) {
    x = v128.load(row);
    const w0 = v128.load(tap);
    a0 = mulAdd(a0, x, w0);
    x = v128.load(row, 16);
    const w1 = v128.load(tap, 16);
    b0 = mulAdd(b0, x, w1);
    b1 = mulAdd(b1, x, w0);
    x = v128.load(row, 32);
    const w2 = v128.load(tap, 32);
    a0 = mulAdd(a0, x, w2);
    a1 = mulAdd(a1, x, w1);
    a2 = mulAdd(a2, x, w0);
    x = v128.load(row, 48);
    const w3 = v128.load(tap, 48);
    b0 = mulAdd(b0, x, w3);
    b1 = mulAdd(b1, x, w2);
    b2 = mulAdd(b2, x, w1);
    b3 = mulAdd(b3, x, w0);
    x = v128.load(row, 64);
    const w4 = v128.load(tap, 64);
    a0 = mulAdd(a0, x, w4);
    a1 = mulAdd(a1, x, w3);
    a2 = mulAdd(a2, x, w2);
    a3 = mulAdd(a3, x, w1);
    x = v128.load(row, 80);
    b1 = mulAdd(b1, x, w4);
    b2 = mulAdd(b2, x, w3);
    b3 = mulAdd(b3, x, w2);
    x = v128.load(row, 96);
    a2 = mulAdd(a2, x, w4);
    a3 = mulAdd(a3, x, w3);
    x = v128.load(row, 112);
    b3 = mulAdd(b3, x, w4);
    row += rowBytes;
    tap += 5 * PIXEL;
  }
  storeTile(out, outPixel, valid, lanes, f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3));
}

/** Four outputs with rows of 7 taps. */
function tile7(
  row: usize,
  rowBytes: usize,
  tap: usize,
  kh: i32,
  out: usize,
  outPixel: usize,
  valid: i32,
  lanes: i32,
): void {
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0,
    b0 = a0,
    b1 = a0,
    b2 = a0,
    b3 = a0,
    x = a0;
  for (let ky = 0; ky < kh; ky++) {
    x = v128.load(row);
    const w0 = v128.load(tap);
    a0 = mulAdd(a0, x, w0);
    x = v128.load(row, 16);
    const w1 = v128.load(tap, 16);
    b0 = mulAdd(b0, x, w1);
    b1 = mulAdd(b1, x, w0);
    x = v128.load(row, 32);
    const w2 = v128.load(tap, 32);
    a0 = mulAdd(a0, x, w2);
    a1 = mulAdd(a1, x, w1);
    a2 = mulAdd(a2, x, w0);
    x = v128.load(row, 48);
    const w3 = v128.load(tap, 48);
    b0 = mulAdd(b0, x, w3);
    b1 = mulAdd(b1, x, w2);
    b2 = mulAdd(b2, x, w1);
    b3 = mulAdd(b3, x, w0);
    x = v128.load(row, 64);
    const w4 = v128.load(tap, 64);
    a0 = mulAdd(a0, x, w4);
    a1 = mulAdd(a1, x, w3);
    a2 = mulAdd(a2, x, w2);
    a3 = mulAdd(a3, x, w1);
    x = v128.load(row, 80);
    const w5 = v128.load(tap, 80);
    b0 = mulAdd(b0, x, w5);
    b1 = mulAdd(b1, x, w4);
    b2 = mulAdd(b2, x, w3);
    b3 = mulAdd(b3, x, w2);
    x = v128.load(row, 96);
    const w6 = v128.load(tap, 96);
    a0 = mulAdd(a0, x, w6);
    a1 = mulAdd(a1, x, w5);
    a2 = mulAdd(a2, x, w4);
    a3 = mulAdd(a3, x, w3);
    x = v128.load(row, 112);
    b1 = mulAdd(b1, x, w6);
    b2 = mulAdd(b2, x, w5);
    b3 = mulAdd(b3, x, w4);
    x = v128.load(row, 128);
    a2 = mulAdd(a2, x, w6);
    a3 = mulAdd(a3, x, w5);
    x = v128.load(row, 144);
    b3 = mulAdd(b3, x, w6);
    row += rowBytes;
    tap += 7 * PIXEL;
  }
  storeTile(out, outPixel, valid, lanes, f32x4.add(a0, b0), f32x4.add(a1, b1), f32x4.add(a2, b2), f32x4.add(a3, b3));
}
