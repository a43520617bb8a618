/** @file Curves at equal accuracy, against numbers worked out by hand. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type CurvePoint, latencyAt, logSpeedUp, risingCurve } from './curve.ts';

const at = (latencyMs: number, top1: number): CurvePoint => ({ latencyMs, top1 });

it('pools neighbours in the wrong order at their means', () => {
  const curve = risingCurve([at(4, 60), at(1, 50), at(2, 62), at(8, 70)]);
  expect(curve.map(({ top1 }) => top1)).toEqual([50, 61, 70]);
  expect(curve[1]!.latencyMs).toBeCloseTo(Math.sqrt(8), 12);
});

it('rises strictly whatever the points', () => {
  const point = fc.record({
    latencyMs: fc.double({ min: 0.01, max: 100, noNaN: true }),
    top1: fc.integer({ max: 100, min: 0 }),
  });
  fc.assert(
    fc.property(fc.array(point, { minLength: 1, maxLength: 12 }), (points) => {
      const curve = risingCurve(points);
      for (const [i, { top1, latencyMs }] of curve.entries()) {
        if (i === 0) continue;
        expect(top1).toBeGreaterThan(curve[i - 1]!.top1);
        expect(latencyMs).toBeGreaterThanOrEqual(curve[i - 1]!.latencyMs * (1 - 1e-12));
      }
    }),
  );
});

it('interpolates ln latency, and says nothing outside', () => {
  const curve = [at(1, 50), at(4, 70)];
  expect(latencyAt(curve, 60)).toBeCloseTo(2, 12);
  expect(latencyAt(curve, 50)).toBe(1);
  expect(latencyAt(curve, 70)).toBe(4);
  expect(latencyAt(curve, 49.9)).toBeNull();
  expect(latencyAt(curve, 70.1)).toBeNull();
});

it('finds the factor between curves that differ by one', () => {
  const baseline = [at(1, 50), at(2, 60), at(4, 66), at(8, 69)];
  const found = baseline.map(({ latencyMs, top1 }) => at(latencyMs / 1.83, top1));
  expect(Math.exp(logSpeedUp(found, baseline)!)).toBeCloseTo(1.83, 9);
  expect(logSpeedUp(baseline, baseline)).toBeCloseTo(0, 12);
});

it('averages over the accuracies that both reach, by ln', () => {
  // From 50 to 70 % the baseline takes 1 to 4 ms, the found ones 1 to 1 · 2: ratios 1 to 2, ln linear between.
  expect(logSpeedUp([at(1, 50), at(2, 70), at(3, 80)], [at(0.5, 40), at(1, 50), at(4, 70)])).toBeCloseTo(
    Math.log(2) / 2,
    12,
  );
});

it('compares nothing where no accuracy is reached by both', () => {
  expect(logSpeedUp([at(1, 80), at(2, 85)], [at(1, 50), at(2, 60)])).toBeNull();
});
