/** @file Global average pooling over the pixels of each image, and its gradient. */

/** y[n, c] = mean over the `pixels` pixels of x[n, pixels, c]. */
export function globalAveragePool(x: usize, y: usize, n: i32, pixels: i32, channels: i32): void {
  const row = (<usize>channels) << 2,
    whole = (<usize>(channels & ~3)) << 2;
  const factor: f32 = 1 / <f32>pixels;
  for (let i = 0; i < n; i++) {
    for (let c: usize = 0; c < whole; c += 16) {
      let sum = f32x4.splat(0);
      for (let p = 0; p < pixels; p++) sum = f32x4.add(sum, v128.load(x + <usize>p * row + c));
      v128.store(y + c, f32x4.mul(sum, f32x4.splat(factor)));
    }
    for (let c = whole; c < row; c += 4) {
      let sum: f32 = 0;
      for (let p = 0; p < pixels; p++) sum += load<f32>(x + <usize>p * row + c);
      store<f32>(y + c, sum * factor);
    }
    x += <usize>pixels * row;
    y += row;
  }
}

/** dx[n, pixels, c] = dy[n, c] / pixels. */
export function globalAveragePoolGrad(dy: usize, dx: usize, n: i32, pixels: i32, channels: i32): void {
  const row = (<usize>channels) << 2;
  const factor: f32 = 1 / <f32>pixels;
  for (let i = 0; i < n; i++) {
    for (let c: usize = 0; c < row; c += 4) store<f32>(dx + c, load<f32>(dy + c) * factor);
    for (let p = 1; p < pixels; p++) memory.copy(dx + <usize>p * row, dx, row);
    dx += <usize>pixels * row;
    dy += row;
  }
}
