/** @file The multiplicative and additive losses by hand and by central differences of the whole loss. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import type { AdditiveCost } from '../../../shared/latency/cost-table.ts';
import { createObjective, multiplicativeExponent, multiplicativeLoss, type ObjectiveSpec } from './objective.ts';
import { softmax } from './probabilities.ts';

const cost: AdditiveCost = {
  name: 'latency',
  unit: 'us',
  fixed: 900,
  blocks: [
    [0, 600, 1200],
    [500, 400],
  ],
};

/** A cross-entropy that is smooth in the probabilities, with its exact gradient by the logits. */
const harm = [
  [0.5, 0.2, -0.1],
  [1, 1.4],
];
function crossEntropyOf(logits: number[][]) {
  const probabilities = logits.map(softmax);
  const means = probabilities.map((p, k) => p.reduce((sum, x, i) => sum + x * harm[k]![i]!, 0));
  return {
    crossEntropy: 1 + means[0]! + means[1]!,
    crossEntropyGradient: probabilities.map((p, k) => p.map((x, i) => x * (harm[k]![i]! - means[k]!))),
    probabilities,
  };
}

describe.each<ObjectiveSpec>([
  { kind: 'multiplicative', cost, reference: 1800 },
  { kind: 'additive', cost, reference: 1800 },
])('$kind', (spec) => {
  test('its gradient is that of its loss by every logit (central differences)', () => {
    const objective = createObjective(spec, 0.01);
    const logit = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(fc.tuple(logit, logit, logit), fc.tuple(logit, logit), (first, second) => {
        const logits = [Array.from(first), Array.from(second)];
        const { gradient } = objective.step(crossEntropyOf(logits));
        const h = 1e-5;
        for (const [k, block] of logits.entries()) {
          for (const i of block.keys()) {
            const at = (shift: number) =>
              objective.step(
                crossEntropyOf(logits.map((b, kk) => b.map((x, ii) => (kk === k && ii === i ? x + shift : x)))),
              ).loss;
            expect(gradient[k]![i]).toBeCloseTo((at(h) - at(-h)) / (2 * h), 8);
          }
        }
      }),
    );
  });

  test('keeps no state', () => {
    expect(createObjective(spec, 0.01).state).toBeNull();
  });
});

test('additive by hand: CE + 0.1 · (E − ref)/ref', () => {
  // p = 1/6, 1/3, 1/2 and 1/2, 1/2: E = 900 + 800 + 450 = 2150; ref 2000: CE + 0.1 · 0.075
  const probabilities = [
    [1 / 6, 1 / 3, 1 / 2],
    [0.5, 0.5],
  ];
  const objective = createObjective({ kind: 'additive', cost, reference: 2000 }, 0.01);
  const step = objective.step({
    crossEntropy: 2,
    crossEntropyGradient: [
      [0.1, 0, -0.1],
      [0, 0],
    ],
    probabilities,
  });
  expect(step.loss).toBeCloseTo(2.0075, 12);
  expect(step.expectedCosts[0]).toBeCloseTo(2150, 9);
  // 0.1 + 0.1 / 2000 · 1/6 · (0 − 800) = 0.1 − 1/150
  expect(step.gradient[0]![0]).toBeCloseTo(0.1 - 1 / 150, 12);
  // 0.1 / 2000 · 1/2 · (500 − 450)
  expect(step.gradient[1]![0]).toBeCloseTo(0.00125, 12);
});

describe('multiplicative', () => {
  test('by hand at the published setting: at E = ref = 80 ms the loss is 0.2 · CE', () => {
    const { loss, byCrossEntropy, byCost } = multiplicativeLoss(2, 80, 80, multiplicativeExponent('ms', 80));
    expect(loss).toBeCloseTo(0.4, 14);
    expect(byCrossEntropy).toBeCloseTo(0.2, 14);
    // 0.2 · 2 · 0.3 / (80 · ln 80) = 0.12 / 350.56213
    expect(byCost).toBeCloseTo(3.4230736e-4, 10);
  });

  test('in microseconds the exponent grows so that the relative slope stays as published', () => {
    const us = multiplicativeExponent('us', 80_000);
    expect(us).toBeCloseTo(0.77335, 4);
    const slope = multiplicativeLoss(2, 80_000, 80_000, us).byCost * 80_000;
    expect(slope / (multiplicativeLoss(2, 80, 80, 0.3).byCost * 80)).toBeCloseTo(1, 2);
  });

  test.each([
    [1, 80],
    [0.5, 80],
    [80, 1],
    [Number.NaN, 80],
  ])('is refused where it is undefined: E %d, reference %d', (expected, reference) => {
    expect(() => multiplicativeLoss(2, expected, reference, 0.3)).toThrow(FastpathError);
  });
});
