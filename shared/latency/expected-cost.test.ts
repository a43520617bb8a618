/** @file Expected cost and its gradient by hand and by central differences. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AdditiveCost } from './cost-table.ts';
import { expectedCost, expectedCostGradient } from './expected-cost.ts';

const cost: AdditiveCost = {
  name: 'latency',
  unit: 'us',
  fixed: 3,
  blocks: [
    [0, 6, 12],
    [5, 4],
  ],
};

function softmax(logits: readonly number[]): number[] {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b);
  return powers.map((power) => power / sum);
}

test('hand-worked three candidates: p = 1/6, 1/3, 1/2 and T = 0 (zero), 6, 12', () => {
  const p = [
    [1 / 6, 1 / 3, 1 / 2],
    [0.25, 0.75],
  ];
  // 3 + (0 + 2 + 6) + (1.25 + 3) = 15.25
  expect(expectedCost(cost, p)).toBeCloseTo(15.25, 12);
  // p_i (T_i − 8): 1/6 · −8, 1/3 · −2, 1/2 · 4; and 0.25 · (5 − 4.25), 0.75 · (4 − 4.25)
  const expected = [
    [-4 / 3, -2 / 3, 2],
    [0.1875, -0.1875],
  ];
  for (const [k, block] of expectedCostGradient(cost, p).entries()) {
    for (const [i, d] of block.entries()) expect(d).toBeCloseTo(expected[k]![i]!, 12);
  }
});

test('the gradient is that of E by every logit (central differences)', () => {
  const logit = fc.double({ min: -4, max: 4, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(logit, logit, logit), fc.tuple(logit, logit), (first, second) => {
      const logits = [Array.from(first), Array.from(second)];
      const gradient = expectedCostGradient(cost, logits.map(softmax));
      const h = 1e-5;
      for (const [k, block] of logits.entries()) {
        for (const i of block.keys()) {
          const at = (shift: number) =>
            expectedCost(
              cost,
              logits.map((b, kk) => softmax(b.map((x, ii) => (kk === k && ii === i ? x + shift : x)))),
            );
          expect(gradient[k]![i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 7);
        }
      }
    }),
  );
});
