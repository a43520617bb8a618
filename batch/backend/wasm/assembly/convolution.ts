/**
 * @file Convolution and its two gradients as matrix products.
 * A 1×1 convolution with stride 1 is one product over all pixels. Any other gathers the windows of a
 * few output pixels at a time into a matrix [pixels, window] ("im2col") small enough for the cache.
 */
import { gemm, gemmScratchBytes } from './gemm';

/** Floats of gathered windows held at a time (64 KB). */
const GATHER_FLOATS: i32 = 16384;

function pixelsAtOnce(window: i32, pixels: i32): i32 {
  return min(pixels, max(8, GATHER_FLOATS / window));
}

function isProduct(kh: i32, kw: i32, sy: i32, sx: i32, top: i32, left: i32): bool {
  return kh == 1 && kw == 1 && sy == 1 && sx == 1 && top == 0 && left == 0;
}

/** Bytes of scratch that any of the three convolution kernels needs at most. */
export function convScratchBytes(
  pixels: i32,
  cin: i32,
  cout: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
): i32 {
  const window = kh * kw * cin;
  const block = pixelsAtOnce(window, pixels);
  const product = max(gemmScratchBytes(cout, max(window, pixels)), gemmScratchBytes(window, max(cout, pixels)));
  return isProduct(kh, kw, sy, sx, top, left) ? product : product + block * window * 4;
}

/** Copies the windows of output pixels [first, first + count) into columns[count, kh·kw·cin], zeros outside. */
function gather(
  x: usize,
  columns: usize,
  first: i32,
  count: i32,
  height: i32,
  width: i32,
  cin: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
): void {
  const pixelBytes = (<usize>cin) << 2;
  for (let p = first; p < first + count; p++) {
    const image = p / (outHeight * outWidth);
    const inside = p % (outHeight * outWidth);
    const y0 = (inside / outWidth) * sy - top,
      x0 = (inside % outWidth) * sx - left;
    for (let ky = 0; ky < kh; ky++) {
      const y = y0 + ky;
      if (y < 0 || y >= height) {
        columns = zero(columns, <usize>kw * pixelBytes);
        continue;
      }
      const row = x + <usize>((image * height + y) * width) * pixelBytes;
      const before = min(max(-x0, 0), kw),
        after = min(max(x0 + kw - width, 0), kw - before);
      columns = zero(columns, <usize>before * pixelBytes);
      columns = copy(columns, row + <usize>max(x0, 0) * pixelBytes, <usize>(kw - before - after) * pixelBytes);
      columns = zero(columns, <usize>after * pixelBytes);
    }
  }
}

/** Copies `bytes`, a multiple of 4; returns the end of the target. */
function copy(target: usize, source: usize, bytes: usize): usize {
  const end = target + bytes;
  for (; target + 16 <= end; target += 16, source += 16) v128.store(target, v128.load(source));
  for (; target < end; target += 4, source += 4) store<f32>(target, load<f32>(source));
  return end;
}

/** Zeroes `bytes`, a multiple of 4; returns the end of the target. */
function zero(target: usize, bytes: usize): usize {
  const end = target + bytes;
  for (; target < end; target += 4) store<f32>(target, 0);
  return end;
}

/** The transpose of `gather`: adds columns[count, kh·kw·cin] to the pixels of dx they came from. */
function scatter(
  dx: usize,
  columns: usize,
  first: i32,
  count: i32,
  height: i32,
  width: i32,
  cin: i32,
  outHeight: i32,
  outWidth: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
): void {
  const pixelBytes = (<usize>cin) << 2;
  for (let p = first; p < first + count; p++) {
    const image = p / (outHeight * outWidth);
    const inside = p % (outHeight * outWidth);
    const y0 = (inside / outWidth) * sy - top,
      x0 = (inside % outWidth) * sx - left;
    for (let ky = 0; ky < kh; ky++) {
      const y = y0 + ky;
      for (let kx = 0; kx < kw; kx++) {
        const column = x0 + kx;
        if (y >= 0 && y < height && column >= 0 && column < width) {
          const target = dx + <usize>((image * height + y) * width + column) * pixelBytes;
          for (let i: usize = 0; i < pixelBytes; i += 4) {
            store<f32>(target + i, load<f32>(target + i) + load<f32>(columns + i));
          }
        }
        columns += pixelBytes;
      }
    }
  }
}

/** y[n, outHeight, outWidth, cout] = x[n, height, width, cin] ∗ w[kh, kw, cin, cout]. */
export function conv2d(
  x: usize,
  w: usize,
  y: usize,
  n: i32,
  height: i32,
  width: i32,
  cin: i32,
  outHeight: i32,
  outWidth: i32,
  cout: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const pixels = n * outHeight * outWidth;
  if (isProduct(kh, kw, sy, sx, top, left)) {
    gemm(x, cin, 1, w, cout, 1, y, cout, pixels, cout, cin, false, scratch);
    return;
  }
  const window = kh * kw * cin;
  const block = pixelsAtOnce(window, pixels);
  const packed = scratch + ((<usize>(block * window)) << 2);
  for (let p = 0; p < pixels; p += block) {
    const count = min(block, pixels - p);
    gather(x, scratch, p, count, height, width, cin, outHeight, outWidth, kh, kw, sy, sx, top, left);
    gemm(scratch, window, 1, w, cout, 1, y + ((<usize>(p * cout)) << 2), cout, count, cout, window, false, packed);
  }
}

/** dx = gradient of the loss with respect to x, from dy and w. */
export function conv2dInputGrad(
  dy: usize,
  w: usize,
  dx: usize,
  n: i32,
  height: i32,
  width: i32,
  cin: i32,
  outHeight: i32,
  outWidth: i32,
  cout: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const pixels = n * outHeight * outWidth;
  if (isProduct(kh, kw, sy, sx, top, left)) {
    gemm(dy, cout, 1, w, 1, cout, dx, cin, pixels, cin, cout, false, scratch);
    return;
  }
  memory.fill(dx, 0, (<usize>(n * height * width * cin)) << 2);
  const window = kh * kw * cin;
  const block = pixelsAtOnce(window, pixels);
  const packed = scratch + ((<usize>(block * window)) << 2);
  for (let p = 0; p < pixels; p += block) {
    const count = min(block, pixels - p);
    gemm(dy + ((<usize>(p * cout)) << 2), cout, 1, w, 1, cout, scratch, window, count, window, cout, false, packed);
    scatter(dx, scratch, p, count, height, width, cin, outHeight, outWidth, kh, kw, sy, sx, top, left);
  }
}

/** dw = gradient of the loss with respect to w, from x and dy. */
export function conv2dFilterGrad(
  x: usize,
  dy: usize,
  dw: usize,
  n: i32,
  height: i32,
  width: i32,
  cin: i32,
  outHeight: i32,
  outWidth: i32,
  cout: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  top: i32,
  left: i32,
  scratch: usize,
): void {
  const pixels = n * outHeight * outWidth;
  if (isProduct(kh, kw, sy, sx, top, left)) {
    gemm(x, 1, cin, dy, cout, 1, dw, cout, cin, cout, pixels, false, scratch);
    return;
  }
  const window = kh * kw * cin;
  const block = pixelsAtOnce(window, pixels);
  const packed = scratch + ((<usize>(block * window)) << 2);
  for (let p = 0; p < pixels; p += block) {
    const count = min(block, pixels - p);
    gather(x, scratch, p, count, height, width, cin, outHeight, outWidth, kh, kw, sy, sx, top, left);
    gemm(scratch, 1, window, dy + ((<usize>(p * cout)) << 2), cout, 1, dw, cout, window, cout, count, p > 0, packed);
  }
}
