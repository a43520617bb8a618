/** @file Elementwise kernels, updates in place, and the inner product. */

/** c[i] = a[i] + b[i]. */
export function add(a: usize, b: usize, c: usize, length: i32): void {
  const bytes = (<usize>length) << 2,
    whole = (<usize>(length & ~3)) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(c + i, f32x4.add(v128.load(a + i), v128.load(b + i)));
  for (let i = whole; i < bytes; i += 4) store<f32>(c + i, load<f32>(a + i) + load<f32>(b + i));
}

/** c[i] = a[i] · b[i]. */
export function multiply(a: usize, b: usize, c: usize, length: i32): void {
  const bytes = (<usize>length) << 2,
    whole = (<usize>(length & ~3)) << 2;
  for (let i: usize = 0; i < whole; i += 16) v128.store(c + i, f32x4.mul(v128.load(a + i), v128.load(b + i)));
  for (let i = whole; i < bytes; i += 4) store<f32>(c + i, load<f32>(a + i) * load<f32>(b + i));
}

/** running[i] = (1 − momentum)·running[i] + momentum·batch[i]. */
export function movingAverage(running: usize, batch: usize, length: i32, momentum: f32): void {
  const bytes = (<usize>length) << 2;
  const keep: f32 = 1 - momentum;
  for (let i: usize = 0; i < bytes; i += 4) {
    store<f32>(running + i, keep * load<f32>(running + i) + momentum * load<f32>(batch + i));
  }
}

/** g = grad + decay·value; velocity = momentum·velocity + g; value −= rate·(g + momentum·velocity). */
export function sgdNesterov(
  value: usize,
  velocity: usize,
  grad: usize,
  length: i32,
  rate: f32,
  momentum: f32,
  decay: f32,
): void {
  const bytes = (<usize>length) << 2,
    whole = (<usize>(length & ~3)) << 2;
  const rates = f32x4.splat(rate),
    momenta = f32x4.splat(momentum),
    decays = f32x4.splat(decay);
  for (let i: usize = 0; i < whole; i += 16) {
    const w = v128.load(value + i);
    const g = f32x4.add(v128.load(grad + i), f32x4.mul(decays, w));
    const v = f32x4.add(f32x4.mul(momenta, v128.load(velocity + i)), g);
    v128.store(velocity + i, v);
    v128.store(value + i, f32x4.sub(w, f32x4.mul(rates, f32x4.add(g, f32x4.mul(momenta, v)))));
  }
  for (let i = whole; i < bytes; i += 4) {
    const w = load<f32>(value + i);
    const g: f32 = load<f32>(grad + i) + decay * w;
    const v: f32 = momentum * load<f32>(velocity + i) + g;
    store<f32>(velocity + i, v);
    store<f32>(value + i, w - rate * (g + momentum * v));
  }
}

/** Σ a[i]·b[i] in float64. */
export function innerProduct(a: usize, b: usize, length: i32): f64 {
  const whole = (<usize>(length & ~3)) << 2,
    bytes = (<usize>length) << 2;
  let low = f64x2.splat(0),
    high = low;
  for (let i: usize = 0; i < whole; i += 16) {
    const x = v128.load(a + i),
      y = v128.load(b + i);
    low = f64x2.add(low, f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y)));
    const x2 = i64x2.shuffle(x, x, 1, 0),
      y2 = i64x2.shuffle(y, y, 1, 0);
    high = f64x2.add(high, f64x2.mul(f64x2.promote_low_f32x4(x2), f64x2.promote_low_f32x4(y2)));
  }
  const sums = f64x2.add(low, high);
  let sum = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (let i = whole; i < bytes; i += 4) sum += <f64>load<f32>(a + i) * <f64>load<f32>(b + i);
  return sum;
}
