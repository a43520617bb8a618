/** @file The knapsack against brute force over every path of small spaces. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import { Random } from '../../../shared/random.ts';
import { bestPathWithin } from './knapsack.ts';
import { logSoftmax, pathLogProbability } from './probabilities.ts';

interface Space {
  logProbabilities: Float64Array[];
  costs: number[][];
}

/** Cost and Σ ln p of every path. */
function everyPath({ logProbabilities, costs }: Space): { cost: number; logP: number }[] {
  let paths = [{ cost: 0, logP: 0 }];
  for (const [k, block] of costs.entries()) {
    paths = paths.flatMap(({ cost, logP }) =>
      block.map((c, i) => ({ cost: cost + c, logP: logP + logProbabilities[k]![i]! })),
    );
  }
  return paths;
}

/** All that `bestPathWithin` promises, checked against every path. */
function checkPromises(space: Space, lower: number, upper: number, bins: number): string {
  const { logProbabilities, costs } = space;
  const paths = everyPath(space);
  const result = bestPathWithin(logProbabilities, costs, lower, upper, bins);
  const under = paths.filter(({ cost }) => cost <= upper);
  const within = under.filter(({ cost }) => cost >= lower);
  if (result.kind === 'none') {
    expect(under).toEqual([]);
    expect(result.lowest).toBeCloseTo(Math.min(...paths.map(({ cost }) => cost)), 9);
    expect(result.highest).toBeCloseTo(Math.max(...paths.map(({ cost }) => cost)), 9);
    return result.kind;
  }
  expect(result.path.reduce((sum, i, k) => sum + costs[k]![i]!, 0)).toBe(result.cost);
  expect(pathLogProbability(logProbabilities, result.path)).toBe(result.logProbability);
  expect(result.cost).toBeLessThanOrEqual(upper);
  if (result.kind === 'nearest') {
    expect(within).toEqual([]);
    expect(result.cost).toBe(Math.max(...under.map(({ cost }) => cost)));
    return result.kind;
  }
  expect(result.cost).toBeGreaterThanOrEqual(lower);
  // Optimal up to bin rounding: at least as likely as every path that is n bins inside the window.
  const margin = (costs.length * upper) / bins;
  for (const { cost, logP } of within) {
    if (cost >= lower + margin && cost <= upper - margin)
      expect(result.logProbability).toBeGreaterThanOrEqual(logP - 1e-9);
    expect(result.logProbability).toBeLessThanOrEqual(Math.max(...within.map((path) => path.logP)) + 1e-9);
  }
  return result.kind;
}

/** Logits of any spread from none to hundreds, costs of one scale or of several, with `zero` in some blocks. */
const spaces: fc.Arbitrary<Space> = fc
  .record({ seed: fc.nat(), blocks: fc.integer({ min: 1, max: 4 }), spread: fc.constantFrom(0, 1e-3, 0.1, 1, 10, 300) })
  .map(({ seed, blocks, spread }) => {
    const random = Random.named(seed, 'space');
    const counts = Array.from({ length: blocks }, () => 1 + random.below(7));
    return {
      logProbabilities: counts.map((n) => logSoftmax(Array.from({ length: n }, () => spread * random.normal()))),
      costs: counts.map((n) => {
        const scale = 10 ** (2 * random.uniform());
        return Array.from({ length: n }, (_, i) => (i === 6 ? 0 : scale * (0.2 + random.uniform())));
      }),
    };
  });

describe('against brute force', () => {
  test('random spaces and budgets from under the cheapest to over the dearest path', () => {
    const kinds = { within: 0, nearest: 0, none: 0 } as Record<string, number>;
    fc.assert(
      fc.property(
        spaces,
        fc.double({ min: -0.05, max: 1.1, noNaN: true }),
        fc.constantFrom(200, 4000),
        (space, share, bins) => {
          const totals = everyPath(space).map(({ cost }) => cost);
          const [lowest, highest] = [Math.min(...totals), Math.max(...totals)];
          const budget = Math.max(1e-3, lowest + share * (highest - lowest));
          kinds[checkPromises(space, 0.95 * budget, budget, bins)]!++;
        },
      ),
      { numRuns: 300 },
    );
    expect(kinds.within).toBeGreaterThan(50);
    expect(kinds.nearest).toBeGreaterThan(5);
    expect(kinds.none).toBeGreaterThan(2);
  });

  test('budgets that are exactly the cost of some path, where rounding up would hide it', () => {
    fc.assert(
      fc.property(spaces, fc.nat(), fc.constantFrom(0.9, 0.95, 0.99), (space, pick, use) => {
        const rounded = { ...space, costs: space.costs.map((block) => block.map((c) => Math.ceil(c))) };
        const totals = everyPath(rounded).map(({ cost }) => cost);
        const budget = Math.max(1, totals[pick % totals.length]!);
        checkPromises(rounded, use * budget, budget, 100);
      }),
      { numRuns: 200 },
    );
  });

  test('sums in clumps, with the budget inside one: the path is found among near-equal ones', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 5 }),
        fc.double({ min: -1e-4, max: 1e-4, noNaN: true }),
        (seed, units, off) => {
          const random = Random.named(seed, 'clumps');
          const costs = Array.from({ length: 5 }, () =>
            [0, 1, 2].map((c) => (c === 0 ? 0 : c + 1e-4 * random.normal())),
          );
          const logProbabilities = costs.map((block) => logSoftmax(block.map(() => random.normal())));
          checkPromises({ logProbabilities, costs }, 0.95 * (units + off), units + off, 500);
        },
      ),
      { numRuns: 200 },
    );
  });

  test('six blocks of seven candidates, 25 budgets', () => {
    const random = Random.named(1, 'large');
    for (let n = 0; n < 25; n++) {
      const costs = Array.from({ length: 6 }, () =>
        Array.from({ length: 7 }, (_, i) => (i === 6 ? 0 : 1 + 9 * random.uniform())),
      );
      const spread = 10 ** (3 * random.uniform() - 2);
      const logProbabilities = costs.map((block) => logSoftmax(block.map(() => spread * random.normal())));
      const paths = everyPath({ logProbabilities, costs });
      const budget = 5 + 45 * random.uniform();
      const result = bestPathWithin(logProbabilities, costs, 0.95 * budget, budget);
      const within = paths.filter(({ cost }) => cost >= 0.95 * budget && cost <= budget);
      if (within.length === 0) {
        expect(result.kind).not.toBe('within');
        continue;
      }
      expect(result.kind).toBe('within');
      if (result.kind === 'none') throw new Error('unreachable');
      expect(result.cost).toBeLessThanOrEqual(budget);
      expect(result.cost).toBeGreaterThanOrEqual(0.95 * budget);
      const margin = (6 * budget) / 4000;
      const best = within
        .filter(({ cost }) => cost >= 0.95 * budget + margin && cost <= budget - margin)
        .reduce((top, { logP }) => Math.max(top, logP), -Infinity);
      expect(result.logProbability).toBeGreaterThanOrEqual(best - 1e-9);
    }
  });
});

describe('by hand', () => {
  const costs = [
    [1, 2, 4],
    [1, 2, 4],
  ];
  // p = 1/6, 1/3, 1/2 in both blocks: the dearest candidate is the likeliest.
  const logProbabilities = [0, 1].map(() => logSoftmax([0, Math.log(2), Math.log(3)]));

  test('budget 6: [2, 1] or [1, 2] with p = 1/6 costs 6; the others are over or cost at most 5', () => {
    const result = bestPathWithin(logProbabilities, costs, 5.7, 6);
    expect(result).toMatchObject({ kind: 'within', cost: 6 });
    if (result.kind !== 'none') expect(result.logProbability).toBeCloseTo(-Math.log(6), 12);
  });

  test('budget 7: nothing between 6.65 and 7, and 6 is the nearest', () => {
    expect(bestPathWithin(logProbabilities, costs, 6.65, 7)).toMatchObject({ kind: 'nearest', cost: 6 });
  });

  test('budget 8 and over: the most probable path; budget 2: the cheapest; under it: the range', () => {
    expect(bestPathWithin(logProbabilities, costs, 7.6, 8)).toMatchObject({ kind: 'within', path: [2, 2], cost: 8 });
    expect(bestPathWithin(logProbabilities, costs, 1.9, 2)).toMatchObject({ kind: 'within', path: [0, 0], cost: 2 });
    expect(bestPathWithin(logProbabilities, costs, 1.8, 1.9)).toEqual({ kind: 'none', lowest: 2, highest: 8 });
  });

  test('an empty window is refused', () => {
    expect(() => bestPathWithin(logProbabilities, costs, 3, 3)).toThrow(FastpathError);
    expect(() => bestPathWithin(logProbabilities, costs, Number.NaN, 3)).toThrow(FastpathError);
  });
});
