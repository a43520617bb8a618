/** @file Tensors with their axes in another order. */
import type { Tensor } from './tensor.ts';

/** A copy of float32 numbers whose axis `i` is axis `order[i]` of `tensor`. */
export function moveAxes({ shape, data }: Tensor, order: readonly number[]): { shape: number[]; data: Float32Array } {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, side) => product * side, 1));
  const sides = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const moved = new Float32Array(data.length);
  const place = sides.map(() => 0);
  let from = 0;
  for (let at = 0; at < moved.length; at++) {
    moved[at] = Number(data[from]);
    // Counts up like a clock: the last axis first.
    for (let axis = sides.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++place[axis]! < sides[axis]!) break;
      from -= sides[axis]! * steps[axis]!;
      place[axis] = 0;
    }
  }
  return { shape: sides, data: moved };
}
