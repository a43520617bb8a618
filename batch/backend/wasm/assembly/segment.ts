/** @file Sum of rows by segment number. */

/** out[segments, width]: row s is the sum of the rows r of x[rows, width] with ids[r] = s; other ids are dropped. */
export function unsortedSegmentSum(x: usize, ids: usize, out: usize, rows: i32, width: i32, segments: i32): void {
  const row = (<usize>width) << 2;
  memory.fill(out, 0, <usize>segments * row);
  for (let r = 0; r < rows; r++) {
    const segment = load<i32>(ids + ((<usize>r) << 2));
    if (segment >= 0 && segment < segments) {
      const target = out + <usize>segment * row;
      for (let i: usize = 0; i < row; i += 4) store<f32>(target + i, load<f32>(target + i) + load<f32>(x + i));
    }
    x += row;
  }
}
