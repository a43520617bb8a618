import fc from 'fast-check';
import { expect, it } from 'vitest';
import { quadratic } from './symmetric.ts';
import { gramsOf, lengthOf, timedCovariance, weightCovariance } from './transfer-prior.ts';

const number = fc.double({ min: -2, max: 2, noNaN: true });
const size = fc.integer({ min: 0, max: 4 });

it('says the same of timed networks as of weights: covariance of rows is row · C · rowᵀ', () => {
  const cases = fc.record({ sources: size, physical: size, blocks: size }).chain((layout) =>
    fc.record({
      layout: fc.constant(layout),
      rows: fc.array(fc.array(number, { minLength: lengthOf(layout), maxLength: lengthOf(layout) }), {
        minLength: 1,
        maxLength: 4,
      }),
      shape: fc.oneof(
        fc.constant<number[]>([]),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: layout.sources, maxLength: layout.sources }),
      ),
      deviation: fc.double({ min: 0.1, max: 1, noNaN: true }),
      towardsSources: fc.double({ min: 0, max: 3, noNaN: true }),
      physical: fc.double({ min: 0, max: 2, noNaN: true }),
      blocks: fc.double({ min: 0, max: 2, noNaN: true }),
    }),
  );
  fc.assert(
    fc.property(cases, ({ layout, rows, shape, ...scales }) => {
      const setting = { ...scales, shape, noise: 0.1 };
      const timed = timedCovariance(gramsOf(layout, shape, rows), setting);
      const weights = weightCovariance(layout, setting);
      for (const [i, row] of rows.entries()) {
        expect(timed.data[i * rows.length + i]).toBeCloseTo(quadratic(weights, row), 8);
        for (const [j, other] of rows.entries()) {
          // cov(x, y) = (var(x + y) − var(x) − var(y)) / 2
          const both = row.map((value, k) => value + other[k]!);
          const covariance = (quadratic(weights, both) - quadratic(weights, row) - quadratic(weights, other)) / 2;
          expect(timed.data[i * rows.length + j]).toBeCloseTo(covariance, 8);
        }
      }
    }),
  );
});
