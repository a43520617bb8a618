/**
 * @file Copies of images made for the cache. A band is up to 16 neighbouring channels, one cache line of each
 * pixel; its copy is [rows, quads, columns, 4], zero-padded at all sides, so that loops over the pixels of four
 * channels read memory in sequence and need no bounds checks.
 */
import { loadLanes } from './lanes';

/** Channels copied together. */
export const BAND: i32 = 16;
/** Bytes of one pixel of one quad (four channels). */
export const PIXEL: usize = 16;

/** Number of quads in a band of `channels` channels. */
export function quadsOf(channels: i32): i32 {
  return (channels + 3) >> 2;
}

/** plane[r, ·, q] = source[r − top, q − left] for the `band` channels at `source`, zero outside of the source. */
export function fillPlane(
  source: usize,
  height: i32,
  width: i32,
  channels: i32,
  band: i32,
  plane: usize,
  rows: i32,
  columns: i32,
  top: i32,
  left: i32,
): void {
  const pixelBytes = (<usize>channels) << 2,
    quadBytes = <usize>columns * PIXEL;
  const rowBytes = <usize>quadsOf(band) * quadBytes;
  const begin = min(max(left, 0), columns),
    end = max(begin, min(width + left, columns));
  for (let r = 0; r < rows; r++, plane += rowBytes) {
    const y = r - top;
    if (y < 0 || y >= height) {
      memory.fill(plane, 0, rowBytes);
      continue;
    }
    const pixels = source + <usize>(y * width + begin - left) * pixelBytes;
    for (let c = 0; c < band; c += 4) {
      const quad = plane + <usize>(c >> 2) * quadBytes;
      zeroPixels(quad, begin);
      if (band != BAND)
        copyQuad(pixels + ((<usize>c) << 2), pixelBytes, quad + <usize>begin * PIXEL, end - begin, min(band - c, 4));
      zeroPixels(quad + <usize>end * PIXEL, columns - end);
    }
    if (band == BAND) copyBand(pixels, pixelBytes, plane + <usize>begin * PIXEL, quadBytes, end - begin);
  }
}

function zeroPixels(target: usize, count: i32): void {
  for (let i = 0; i < count; i++, target += PIXEL) v128.store(target, f32x4.splat(0));
}

function copyQuad(source: usize, pixelBytes: usize, target: usize, count: i32, lanes: i32): void {
  if (lanes == 4) {
    for (let i = 0; i < count; i++, source += pixelBytes, target += PIXEL) v128.store(target, v128.load(source));
  } else {
    for (let i = 0; i < count; i++, source += pixelBytes, target += PIXEL) v128.store(target, loadLanes(source, lanes));
  }
}

function copyBand(source: usize, pixelBytes: usize, target: usize, quadBytes: usize, count: i32): void {
  const second = quadBytes,
    third = second + quadBytes,
    fourth = third + quadBytes;
  for (let i = 0; i < count; i++, source += pixelBytes, target += PIXEL) {
    v128.store(target, v128.load(source));
    v128.store(target + second, v128.load(source, 16));
    v128.store(target + third, v128.load(source, 32));
    v128.store(target + fourth, v128.load(source, 48));
  }
}
