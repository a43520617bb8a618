/**
 * @file Depthwise convolution and its two gradients.
 * Four channels of one image at a time are copied into a small zero-padded plane [rows, columns, 4], so that
 * the inner loops read the cache in sequence and need no bounds checks. The input gradient of stride s is s·s
 * plain correlations of dy, one for each residue of (row, column) modulo s, with the taps that meet it.
 */
import { loadLanes, mulAdd, storeLanes } from './lanes';

/** Output pixels of one row computed together. */
const TILE: i32 = 4;
/** Bytes of one pixel of a plane. */
const PIXEL: usize = 16;

function wholeTiles(columns: i32): i32 {
  return ((columns + TILE - 1) / TILE) * TILE;
}

/** Bytes of scratch that any of the three depthwise kernels needs at most. */
export function depthwiseScratchBytes(
  height: i32,
  width: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
): i32 {
  const forward = ((outHeight - 1) * sy + kh) * ((wholeTiles(outWidth) - 1) * sx + kw);
  const backward = ((height + sy - 1) / sy + kh) * (wholeTiles((width + sx - 1) / sx) + kw);
  return (max(forward, backward) + outHeight * outWidth + kh * kw) * <i32>PIXEL;
}

/** plane[r, q] = source[r − top, q − left] for the first `lanes` channels, zero outside of the source. */
function fillPlane(
  source: usize,
  height: i32,
  width: i32,
  channels: i32,
  lanes: i32,
  plane: usize,
  rows: i32,
  columns: i32,
  top: i32,
  left: i32,
): void {
  const pixelBytes = (<usize>channels) << 2;
  const begin = min(max(left, 0), columns),
    end = max(begin, min(width + left, columns));
  for (let r = 0; r < rows; r++) {
    const y = r - top;
    if (y < 0 || y >= height) {
      memory.fill(plane, 0, <usize>columns * PIXEL);
      plane += <usize>columns * PIXEL;
      continue;
    }
    let pixel = source + <usize>(y * width + begin - left) * pixelBytes;
    for (let q = 0; q < begin; q++, plane += PIXEL) v128.store(plane, f32x4.splat(0));
    for (let q = begin; q < end; q++, plane += PIXEL, pixel += pixelBytes) v128.store(plane, loadLanes(pixel, lanes));
    for (let q = end; q < columns; q++, plane += PIXEL) v128.store(plane, f32x4.splat(0));
  }
}

/**
 * out[r, q] = Σ taps[ky, kx] · plane[r·sy + ky, q·sx + kx]. Steps of `out` in bytes.
 * The plane has room for whole tiles of output columns; those beyond `columns` are not stored.
 */
function correlate(
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
  lanes: i32,
): void {
  const rowBytes = <usize>planeColumns * PIXEL,
    step = <usize>sx * PIXEL;
  for (let r = 0; r < rows; r++) {
    for (let q = 0; q < columns; q += TILE) {
      let row = plane + <usize>(r * sy) * rowBytes + <usize>q * step;
      let tap = taps;
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
      const target = out + <usize>r * outRow + <usize>q * outPixel;
      const valid = columns - q;
      storeLanes(target, s0, lanes);
      if (valid > 1) storeLanes(target + outPixel, s1, lanes);
      if (valid > 2) storeLanes(target + 2 * outPixel, s2, lanes);
      if (valid > 3) storeLanes(target + 3 * outPixel, s3, lanes);
    }
  }
}

/** y[n, outHeight, outWidth, c] = x[n, height, width, c] ∗ w[kh, kw, c] for each channel on its own. */
export function depthwise(
  x: usize,
  w: usize,
  y: usize,
  n: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const rows = (outHeight - 1) * sy + kh,
    columns = (wholeTiles(outWidth) - 1) * sx + kw;
  const pixelBytes = (<usize>channels) << 2;
  const plane = scratch + <usize>(kh * kw) * PIXEL;
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      for (let t = 0; t < kh * kw; t++) {
        v128.store(scratch + <usize>t * PIXEL, loadLanes(w + <usize>t * pixelBytes + offset, lanes));
      }
      fillPlane(x + offset, height, width, channels, lanes, plane, rows, columns, top, left);
      correlate(
        plane,
        columns,
        scratch,
        kh,
        kw,
        sy,
        sx,
        y + offset,
        outHeight,
        outWidth,
        <usize>outWidth * pixelBytes,
        pixelBytes,
        lanes,
      );
    }
    x += <usize>(height * width) * pixelBytes;
    y += <usize>(outHeight * outWidth) * pixelBytes;
  }
}

/** dx = gradient of the loss with respect to x, from dy and w. */
export function depthwiseInputGrad(
  dy: usize,
  w: usize,
  dx: usize,
  n: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const pixelBytes = (<usize>channels) << 2;
  const plane = scratch + <usize>(kh * kw) * PIXEL;
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      for (let y = 0; y < min(sy, height); y++) {
        // Row y + j·sy of dx meets the taps ky = firstY + t·sy, at row j + shiftY − t of dy.
        const firstY = (y + top) % sy,
          shiftY = (y + top) / sy;
        const tapsY = (kh - firstY + sy - 1) / sy;
        const rows = (height - y + sy - 1) / sy;
        for (let x = 0; x < min(sx, width); x++) {
          const firstX = (x + left) % sx,
            shiftX = (x + left) / sx;
          const tapsX = (kw - firstX + sx - 1) / sx;
          const columns = (width - x + sx - 1) / sx;
          let tap = scratch;
          for (let ty = tapsY - 1; ty >= 0; ty--) {
            for (let tx = tapsX - 1; tx >= 0; tx--, tap += PIXEL) {
              const index = (firstY + ty * sy) * kw + firstX + tx * sx;
              v128.store(tap, loadLanes(w + <usize>index * pixelBytes + offset, lanes));
            }
          }
          const planeColumns = wholeTiles(columns) + max(tapsX - 1, 0);
          fillPlane(
            dy + offset,
            outHeight,
            outWidth,
            channels,
            lanes,
            plane,
            rows + max(tapsY - 1, 0),
            planeColumns,
            tapsY - 1 - shiftY,
            tapsX - 1 - shiftX,
          );
          correlate(
            plane,
            planeColumns,
            scratch,
            tapsY,
            tapsX,
            1,
            1,
            dx + offset + <usize>(y * width + x) * pixelBytes,
            rows,
            columns,
            <usize>(sy * width) * pixelBytes,
            <usize>sx * pixelBytes,
            lanes,
          );
        }
      }
    }
    dy += <usize>(outHeight * outWidth) * pixelBytes;
    dx += <usize>(height * width) * pixelBytes;
  }
}

/** dw = gradient of the loss with respect to w, from x and dy. */
export function depthwiseFilterGrad(
  x: usize,
  dy: usize,
  dw: usize,
  n: i32,
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const rows = (outHeight - 1) * sy + kh,
    columns = (wholeTiles(outWidth) - 1) * sx + kw;
  const pixelBytes = (<usize>channels) << 2;
  const rowBytes = <usize>columns * PIXEL,
    step = <usize>sx * PIXEL;
  const plane = scratch + <usize>(outHeight * outWidth) * PIXEL;
  memory.fill(dw, 0, <usize>(kh * kw) * pixelBytes);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < channels; c += 4) {
      const lanes = min(channels - c, 4),
        offset = (<usize>c) << 2;
      fillPlane(x + offset, height, width, channels, lanes, plane, rows, columns, top, left);
      fillPlane(dy + offset, outHeight, outWidth, channels, lanes, scratch, outHeight, outWidth, 0, 0);
      for (let ky = 0; ky < kh; ky++) {
        for (let kx = 0; kx < kw; kx++) {
          let sum = f32x4.splat(0);
          let gradient = scratch;
          for (let r = 0; r < outHeight; r++) {
            let pixel = plane + <usize>(r * sy + ky) * rowBytes + <usize>kx * PIXEL;
            for (let q = 0; q < outWidth; q++) {
              sum = mulAdd(sum, v128.load(pixel), v128.load(gradient));
              pixel += step;
              gradient += PIXEL;
            }
          }
          const target = dw + <usize>(ky * kw + kx) * pixelBytes + offset;
          storeLanes(target, f32x4.add(loadLanes(target, lanes), sum), lanes);
        }
      }
    }
    x += <usize>(height * width) * pixelBytes;
    dy += <usize>(outHeight * outWidth) * pixelBytes;
  }
}
