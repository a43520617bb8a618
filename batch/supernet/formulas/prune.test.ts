/** @file Pruning under budgets: whole-network re-checks, caps against brute force, what is reported. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import { type AdditiveCost, pathCost } from '../../../shared/latency/cost-table.ts';
import { Random } from '../../../shared/random.ts';
import type { Path } from '../../../shared/space/plan.ts';
import { costRange } from './cost-range.ts';
import { argmaxPath, logSoftmax, pathLogProbability } from './probabilities.ts';
import { type HardBudget, pruneToBudget } from './prune.ts';

function randomSpace(random: Random, blocks: number, candidates: number, spread: number) {
  const cost = (name: string, unit: AdditiveCost['unit'], fixed: number): AdditiveCost => ({
    name,
    unit,
    fixed,
    blocks: Array.from({ length: blocks }, () =>
      Array.from({ length: candidates }, (_, i) => (i === 6 ? 0 : 1 + 9 * random.uniform())),
    ),
  });
  return {
    latency: cost('latency', 'us', 20 * random.uniform()),
    parameters: cost('parameters', 'parameters', 10 * random.uniform()),
    logits: Array.from({ length: blocks }, () =>
      Float64Array.from({ length: candidates }, () => spread * random.normal()),
    ),
  };
}

function allPaths(counts: number[]): Path[] {
  return counts.reduce<number[][]>(
    (paths, n) => paths.flatMap((path) => Array.from({ length: n }, (_, i) => [...path, i])),
    [[]],
  );
}

const between = (cost: AdditiveCost, share: number) => {
  const { lowest, highest } = costRange(cost);
  return lowest + share * (highest - lowest);
};

const cases = fc.record({
  seed: fc.nat(),
  spread: fc.constantFrom(1e-3, 0.1, 1, 10, 100),
  share: fc.double({ min: 0.02, max: 0.98, noNaN: true }),
  capShare: fc.double({ min: 0.25, max: 0.98, noNaN: true }),
});

test('one budget: never over, within 5 % under wherever brute force finds a path there', () => {
  fc.assert(
    fc.property(cases, ({ seed, spread, share }) => {
      const { latency, logits } = randomSpace(Random.named(seed, 'prune'), 4, 7, spread);
      const budget = between(latency, share);
      const result = pruneToBudget(logits, [{ cost: latency, budget }]);
      const costs = allPaths([7, 7, 7, 7]).map((path) => pathCost(latency, path));
      // Inside by 1e-9, because a path at the very edge may fall out by the last digit of another order of adding.
      const possible = costs.some((c) => c <= budget * (1 - 1e-9) && c >= 0.95 * budget * (1 + 1e-9));
      if (result.kind === 'none') throw new Error('a budget over the cheapest path always has one');
      expect(pathCost(latency, result.path)).toBeLessThanOrEqual(budget);
      expect(result.predicted[0]).toBe(pathCost(latency, result.path));
      if (possible) expect(result.kind).toBe('within');
      if (result.kind === 'within') expect(result.predicted[0]).toBeGreaterThanOrEqual(0.95 * budget);
      const likeliest = argmaxPath(logits);
      expect(result.changedBlocks).toEqual([0, 1, 2, 3].filter((k) => likeliest[k] !== result.path[k]));
    }),
    { numRuns: 100 },
  );
});

describe('whole-network model', () => {
  const { latency, logits } = randomSpace(Random.named(7, 'prune'), 21, 7, 1);

  test.each([
    { name: 'dearer than the sum of blocks by a fifth', predictWhole: (path: Path) => 1.2 * pathCost(latency, path) },
    { name: 'cheaper by a fifth', predictWhole: (path: Path) => 0.8 * pathCost(latency, path) },
    {
      name: 'that charges for every neighbour of another kind',
      predictWhole: (path: Path) => pathCost(latency, path) + path.filter((i, k) => k > 0 && path[k - 1] !== i).length,
    },
  ])('$name: the prediction is never over and within 5 % under', ({ predictWhole }) => {
    for (const share of [0.2, 0.35, 0.5, 0.65]) {
      const budget = between(latency, share);
      const result = pruneToBudget(logits, [{ cost: latency, budget, predictWhole }]);
      expect(result.kind).toBe('within');
      if (result.kind === 'none') continue;
      expect(predictWhole(result.path)).toBe(result.predicted[0]);
      expect(result.predicted[0]).toBeLessThanOrEqual(budget);
      expect(result.predicted[0]).toBeGreaterThanOrEqual(0.95 * budget);
    }
  });

  test('a model under which no path fits ends with the possible range, one that fits only the cheapest with that', () => {
    const budget = between(latency, 0.3);
    const none = pruneToBudget(logits, [{ cost: latency, budget, predictWhole: () => budget + 1 }]);
    expect(none).toEqual({ kind: 'none', ranges: [costRange(latency)] });
    const lowest = costRange(latency).lowest;
    const onlyCheapest = (path: Path) => (pathCost(latency, path) <= lowest ? budget : 10 * budget);
    const result = pruneToBudget(logits, [{ cost: latency, budget, predictWhole: onlyCheapest }]);
    expect(result.kind).toBe('within');
    if (result.kind !== 'none') expect(pathCost(latency, result.path)).toBe(lowest);
  });
});

describe('caps beside the budget', () => {
  test('none is ever exceeded; one cap: found wherever brute force finds a path inside by n bins', () => {
    let [missed, found] = [0, 0];
    fc.assert(
      fc.property(cases, ({ seed, spread, share, capShare }) => {
        const { latency, parameters, logits } = randomSpace(Random.named(seed, 'caps'), 4, 6, spread);
        const budgets: HardBudget[] = [
          { cost: latency, budget: between(latency, share) },
          { cost: parameters, budget: between(parameters, capShare) },
        ];
        const [first, second] = budgets as [HardBudget, HardBudget];
        const result = pruneToBudget(logits, budgets);
        const margin = (4 * first.budget) / 4000;
        const logP = logits.map(logSoftmax);
        const feasible = allPaths([6, 6, 6, 6]).filter((path) => {
          const c = pathCost(latency, path);
          return (
            c <= first.budget - margin &&
            c >= 0.95 * first.budget + margin &&
            pathCost(parameters, path) <= second.budget * (1 - 1e-9)
          );
        });
        if (result.kind !== 'none') {
          expect(pathCost(latency, result.path)).toBeLessThanOrEqual(first.budget);
          expect(pathCost(parameters, result.path)).toBeLessThanOrEqual(second.budget);
        }
        if (feasible.length === 0) return;
        expect(result.kind).toBe('within');
        if (result.kind !== 'within') return;
        const best = Math.max(...feasible.map((path) => pathLogProbability(logP, path)));
        found++;
        if (result.logProbability < best - 1e-9) missed++;
      }),
      { numRuns: 60 },
    );
    // The relaxation may miss the best path, but with four blocks it mostly finds it.
    expect(found).toBeGreaterThan(15);
    expect(missed / found).toBeLessThan(0.25);
  });

  test('two caps on 21 blocks are kept, and the budget is used', () => {
    const random = Random.named(8, 'caps');
    const { latency, parameters, logits } = randomSpace(random, 21, 7, 1);
    const { latency: second } = randomSpace(random, 21, 7, 1);
    const budgets: HardBudget[] = [
      { cost: latency, budget: between(latency, 0.5) },
      { cost: parameters, budget: between(parameters, 0.4) },
      { cost: second, budget: between(second, 0.4) },
    ];
    const free = pruneToBudget(logits, budgets.slice(0, 1));
    if (free.kind === 'none') throw new Error('the budget alone has a path');
    // The caps do bind: the path without them breaks one.
    expect(budgets.slice(1).some(({ cost, budget }) => pathCost(cost, free.path) > budget)).toBe(true);
    const result = pruneToBudget(logits, budgets);
    expect(result.kind).toBe('within');
    if (result.kind === 'none') return;
    for (const { cost, budget } of budgets) expect(pathCost(cost, result.path)).toBeLessThanOrEqual(budget);
  });

  test('a cap under the cheapest path leaves nothing', () => {
    const { latency, parameters, logits } = randomSpace(Random.named(9, 'caps'), 4, 6, 1);
    const result = pruneToBudget(logits, [
      { cost: latency, budget: between(latency, 0.5) },
      { cost: parameters, budget: costRange(parameters).lowest - 0.1 },
    ]);
    expect(result).toEqual({ kind: 'none', ranges: [costRange(latency), costRange(parameters)] });
  });
});

test('no budget, or one that is not above 0, is refused', () => {
  const { latency, logits } = randomSpace(Random.named(9, 'prune'), 2, 3, 1);
  expect(() => pruneToBudget(logits, [])).toThrow(FastpathError);
  expect(() => pruneToBudget(logits, [{ cost: latency, budget: 0 }])).toThrow(FastpathError);
  expect(() => pruneToBudget(logits, [{ cost: latency, budget: Number.NaN }])).toThrow(FastpathError);
});
