/**
 * @file Depthwise convolution and its two gradients, band by band over the zero-padded copies of `planes.ts`.
 * The input gradient of stride s is s·s plain correlations of dy, one for each residue of (row, column) modulo s,
 * with the taps that meet it.
 */
import { correlate, wholeTiles } from './correlation';
import { accumulateFilterGrad } from './filter-gradient';
import { loadLanes } from './lanes';
import { BAND, fillPlane, PIXEL, quadsOf } from './planes';

/** Bytes of scratch that any of the three depthwise kernels needs at most. */
export function depthwiseScratchBytes(
  height: i32,
  width: i32,
  channels: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
): i32 {
  const forward = ((outHeight - 1) * sy + kh) * ((wholeTiles(outWidth) - 1) * sx + kw);
  const backward = ((height + sy - 1) / sy + kh) * (wholeTiles((width + sx - 1) / sx) + kw);
  const pixels = max(forward + outHeight * outWidth, backward) + kh * kw;
  return pixels * quadsOf(min(channels, BAND)) * <i32>PIXEL;
}

/**
 * Copies the taps (firstY + ty·sy, firstX + tx·sx) of one band to [quads, tapsY, tapsX, 4], in reverse order
 * when `reverse`.
 */
function copyTaps(
  w: usize,
  kw: i32,
  channels: i32,
  band: i32,
  tapsY: i32,
  tapsX: i32,
  firstY: i32,
  firstX: i32,
  sy: i32,
  sx: i32,
  reverse: bool,
  taps: usize,
): void {
  for (let c = 0; c < band; c += 4) {
    const lanes = min(band - c, 4);
    for (let t = 0; t < tapsY * tapsX; t++, taps += PIXEL) {
      const tap = reverse ? tapsY * tapsX - 1 - t : t;
      const index = (firstY + (tap / tapsX) * sy) * kw + firstX + (tap % tapsX) * sx;
      v128.store(taps, loadLanes(w + ((<usize>(index * channels + c)) << 2), lanes));
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
  for (let c = 0; c < channels; c += BAND) {
    const band = min(channels - c, BAND),
      offset = (<usize>c) << 2;
    const plane = scratch + <usize>(quadsOf(band) * kh * kw) * PIXEL;
    copyTaps(w + offset, kw, channels, band, kh, kw, 0, 0, 1, 1, false, scratch);
    for (let i = 0; i < n; i++) {
      const image = x + <usize>(i * height * width) * pixelBytes + offset;
      fillPlane(image, height, width, channels, band, plane, rows, columns, top, left);
      correlate(
        plane,
        columns,
        scratch,
        kh,
        kw,
        sy,
        sx,
        y + <usize>(i * outHeight * outWidth) * pixelBytes + offset,
        outHeight,
        outWidth,
        <usize>outWidth * pixelBytes,
        pixelBytes,
        band,
      );
    }
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
  for (let c = 0; c < channels; c += BAND) {
    const band = min(channels - c, BAND),
      offset = (<usize>c) << 2;
    for (let y = 0; y < min(sy, height); y++) {
      // Row y + j·sy of dx meets the taps ky = firstY + t·sy, at row j + shiftY − t of dy.
      const firstY = (y + top) % sy,
        shiftY = (y + top) / sy;
      const tapsY = (kh - firstY + sy - 1) / sy,
        rows = (height - y + sy - 1) / sy;
      for (let x = 0; x < min(sx, width); x++) {
        const firstX = (x + left) % sx,
          shiftX = (x + left) / sx;
        const tapsX = (kw - firstX + sx - 1) / sx,
          columns = (width - x + sx - 1) / sx;
        const plane = scratch + <usize>(quadsOf(band) * tapsY * tapsX) * PIXEL;
        const planeRows = rows + max(tapsY - 1, 0),
          planeColumns = wholeTiles(columns) + max(tapsX - 1, 0);
        copyTaps(w + offset, kw, channels, band, tapsY, tapsX, firstY, firstX, sy, sx, true, scratch);
        for (let i = 0; i < n; i++) {
          fillPlane(
            dy + <usize>(i * outHeight * outWidth) * pixelBytes + offset,
            outHeight,
            outWidth,
            channels,
            band,
            plane,
            planeRows,
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
            dx + <usize>((i * height + y) * width + x) * pixelBytes + offset,
            rows,
            columns,
            <usize>(sy * width) * pixelBytes,
            <usize>sx * pixelBytes,
            band,
          );
        }
      }
    }
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
    columns = (outWidth - 1) * sx + kw;
  const pixelBytes = (<usize>channels) << 2;
  memory.fill(dw, 0, <usize>(kh * kw) * pixelBytes);
  for (let c = 0; c < channels; c += BAND) {
    const band = min(channels - c, BAND),
      offset = (<usize>c) << 2;
    const plane = scratch + <usize>(quadsOf(band) * outHeight * outWidth) * PIXEL;
    for (let i = 0; i < n; i++) {
      const image = x + <usize>(i * height * width) * pixelBytes + offset;
      const gradient = dy + <usize>(i * outHeight * outWidth) * pixelBytes + offset;
      fillPlane(image, height, width, channels, band, plane, rows, columns, top, left);
      fillPlane(gradient, outHeight, outWidth, channels, band, scratch, outHeight, outWidth, 0, 0);
      accumulateFilterGrad(scratch, outHeight, outWidth, plane, columns, kh, kw, sy, sx, dw + offset, pixelBytes, band);
    }
  }
}
