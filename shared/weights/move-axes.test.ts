import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveAxes } from './move-axes.ts';

const tensors = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }).chain((shape) =>
  fc.tuple(
    fc.constant(shape),
    fc.shuffledSubarray(
      shape.map((_, axis) => axis),
      { minLength: shape.length },
    ),
  ),
);

test('each number goes where its axes go, and back', () => {
  fc.assert(
    fc.property(tensors, ([shape, order]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      const tensor = { shape, data: Float32Array.from({ length: size }, (_, i) => i) };
      const moved = moveAxes(tensor, order);
      expect(moved.shape).toEqual(order.map((axis) => shape[axis]));
      // Row-major place of each number by the definition of a permutation of axes.
      const placeIn = (sides: readonly number[], at: readonly number[]) =>
        at.reduce((place, x, i) => place * sides[i]! + x, 0);
      for (let from = 0; from < size; from++) {
        let rest = from;
        const at = shape.map(() => 0);
        for (let axis = shape.length - 1; axis >= 0; axis--) {
          at[axis] = rest % shape[axis]!;
          rest = Math.floor(rest / shape[axis]!);
        }
        expect(
          moved.data[
            placeIn(
              moved.shape,
              order.map((axis) => at[axis]!),
            )
          ],
        ).toBe(from);
      }
      const back = order.map((_, axis) => order.indexOf(axis));
      expect(moveAxes(moved, back)).toEqual(tensor);
    }),
  );
});
