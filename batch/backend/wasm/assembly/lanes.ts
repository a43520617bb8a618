/** @file Loads and stores of up to four neighbouring channels, for channel counts that four does not divide. */

/** The first `lanes` (1 to 4) floats at `source`, zeros behind them. */
export function loadLanes(source: usize, lanes: i32): v128 {
  if (lanes == 4) return v128.load(source);
  let value = v128.load32_zero(source);
  if (lanes > 1) value = f32x4.replace_lane(value, 1, load<f32>(source, 4));
  if (lanes > 2) value = f32x4.replace_lane(value, 2, load<f32>(source, 8));
  return value;
}

/** Stores the first `lanes` (1 to 4) floats of `value`. */
export function storeLanes(target: usize, value: v128, lanes: i32): void {
  if (lanes == 4) {
    v128.store(target, value);
    return;
  }
  store<f32>(target, f32x4.extract_lane(value, 0));
  if (lanes > 1) store<f32>(target, f32x4.extract_lane(value, 1), 4);
  if (lanes > 2) store<f32>(target, f32x4.extract_lane(value, 2), 8);
}

/** sum + a·b, rounded twice. */
export function mulAdd(sum: v128, a: v128, b: v128): v128 {
  return f32x4.add(sum, f32x4.mul(a, b));
}
