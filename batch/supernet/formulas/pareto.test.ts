/** @file The Pareto set: distinct, sorted, not dominated, from the cheapest to the most probable path. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AdditiveCost, pathCost } from '../../../shared/latency/cost-table.ts';
import { Random } from '../../../shared/random.ts';
import type { Path } from '../../../shared/space/plan.ts';
import { cheapestPath } from './cost-range.ts';
import { paretoSet } from './pareto.ts';
import { argmaxPath, logSoftmax, pathLogProbability } from './probabilities.ts';

function space(seed: number, blocks: number, spread: number) {
  const random = Random.named(seed, 'pareto');
  const cost: AdditiveCost = {
    name: 'latency',
    unit: 'us',
    fixed: 30,
    blocks: Array.from({ length: blocks }, () =>
      Array.from({ length: 7 }, (_, i) => (i === 6 ? 0 : 1 + 9 * random.uniform())),
    ),
  };
  const logits = cost.blocks.map((block) => block.map((c) => spread * (c / 5 + 0.5 * random.normal())));
  return { cost, logits };
}

test('sorted, distinct, not dominated, and each within its budget', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 8 }), fc.constantFrom(1e-3, 1, 30), (seed, blocks, spread) => {
      const { cost, logits } = space(seed, blocks, spread);
      const entries = paretoSet(logits, cost);
      const logP = logits.map(logSoftmax);
      expect(entries.length).toBeGreaterThan(0);
      expect(entries.length).toBeLessThanOrEqual(20);
      for (const [n, entry] of entries.entries()) {
        expect(entry.cost).toBe(pathCost(cost, entry.path));
        expect(entry.cost).toBeLessThanOrEqual(entry.budget);
        expect(entry.logProbability).toBe(pathLogProbability(logP, entry.path));
        if (n === 0) continue;
        expect(entry.cost).toBeGreaterThan(entries[n - 1]!.cost);
        expect(entry.logProbability).toBeGreaterThan(entries[n - 1]!.logProbability);
      }
      expect(entries[0]!.path).toEqual(cheapestPath(cost));
      expect(entries.at(-1)!.path).toEqual(argmaxPath(logits));
    }),
    { numRuns: 20 },
  );
});

test('21 blocks give ten entries, spread over the range', () => {
  const { cost, logits } = space(1, 21, 1);
  const entries = paretoSet(logits, cost);
  expect(entries).toHaveLength(10);
  const range = entries.at(-1)!.cost - entries[0]!.cost;
  for (const [n, entry] of entries.entries()) {
    if (n > 0) expect(entry.cost - entries[n - 1]!.cost).toBeLessThan(0.25 * range);
  }
});

test('with a whole-network model the costs are its predictions, still within the budgets', () => {
  const { cost, logits } = space(2, 12, 1);
  const predictWhole = (path: Path) => 5 + 1.1 * pathCost(cost, path);
  const entries = paretoSet(logits, cost, { count: 6, predictWhole });
  expect(entries.length).toBeGreaterThanOrEqual(5);
  for (const { path, cost: predicted, budget } of entries) {
    expect(predicted).toBe(predictWhole(path));
    expect(predicted).toBeLessThanOrEqual(budget);
  }
});

test('where the cheapest path is also the most probable one, it is the whole set', () => {
  const { cost } = space(3, 5, 1);
  const entries = paretoSet(
    cost.blocks.map((block) => block.map((c) => -c)),
    cost,
  );
  expect(entries).toHaveLength(1);
  expect(entries[0]!.path).toEqual(cheapestPath(cost));
});
