/** @file The `target` objective: its gradient, its multipliers' moves, and toy searches that must end at the budget. */
import { describe, expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import type { AdditiveCost } from '../../../shared/latency/cost-table.ts';
import { expectedCost } from '../../../shared/latency/expected-cost.ts';
import { Random } from '../../../shared/random.ts';
import { costRange } from './cost-range.ts';
import { defaultLogitLearningRate, LogitOptimizer } from './logit-optimizer.ts';
import { createObjective } from './objective.ts';
import { pairLogitGradient, rescalePair, samplePair } from './pair.ts';
import { initialLogits, softmax } from './probabilities.ts';
import { type Constraint, TargetObjective } from './target.ts';

const cost: AdditiveCost = {
  name: 'latency',
  unit: 'us',
  fixed: 900,
  blocks: [
    [0, 600, 1200],
    [500, 400],
  ],
};
const logits = [
  [0.3, -0.2, 0.5],
  [0.1, -0.4],
];
const probabilities = logits.map(softmax);
const crossEntropyGradient = [
  [0.02, 0, -0.02],
  [-0.01, 0.01],
];
const input = { crossEntropy: 2, crossEntropyGradient, probabilities };

describe('one step', () => {
  test('over the budget: cross-entropy gradient + λ/B · ∂E/∂α with the reported λ (central differences of E)', () => {
    const { gradient, multipliers, expectedCosts, loss } = new TargetObjective([{ cost, budget: 1500 }], 0.01).step(
      input,
    );
    const lambda = multipliers[0]!;
    expect(lambda).toBeGreaterThan(0);
    expect(expectedCosts[0]).toBeCloseTo(expectedCost(cost, probabilities), 9);
    expect(loss).toBeCloseTo(2 + (lambda * (expectedCosts[0]! - 1500)) / 1500, 12);
    const h = 1e-5;
    for (const [k, block] of logits.entries()) {
      for (const i of block.keys()) {
        const at = (shift: number) =>
          expectedCost(
            cost,
            logits.map((b, kk) => softmax(b.map((x, ii) => (kk === k && ii === i ? x + shift : x)))),
          );
        const slope = (at(h) - at(-h)) / (2 * h);
        expect(gradient[k]![i]).toBeCloseTo(crossEntropyGradient[k]![i]! + (lambda / 1500) * slope, 9);
      }
    }
  });

  test('under the budget with nothing gathered: cross-entropy alone', () => {
    const { gradient, multipliers } = new TargetObjective([{ cost, budget: 5000 }], 0.01).step(input);
    expect(multipliers).toEqual([0]);
    expect(gradient.map((block) => Array.from(block))).toEqual(crossEntropyGradient);
  });

  test('the cost term is as strong against a cross-entropy gradient of any size', () => {
    const step = (factor: number) =>
      new TargetObjective([{ cost, budget: 1500 }], 0.01).step({
        ...input,
        crossEntropyGradient: crossEntropyGradient.map((block) => block.map((g) => g * factor)),
      }).gradient;
    for (const [k, block] of step(1000).entries()) {
      for (const [i, g] of block.entries()) expect(g / (1000 * step(1)[k]![i]!)).toBeCloseTo(1, 9);
    }
  });

  test('without any cross-entropy gradient the cost is still descended', () => {
    const silent = crossEntropyGradient.map((block) => block.map(() => 0));
    const { gradient } = new TargetObjective([{ cost, budget: 1500 }], 0.01).step({
      ...input,
      crossEntropyGradient: silent,
    });
    expect(gradient[0]![2]).toBeGreaterThan(0);
    expect(gradient[0]![0]).toBeLessThan(0);
  });
});

describe('multipliers', () => {
  const dear = [
    [-9, -9, 9],
    [9, -9],
  ].map(softmax);
  const cheap = [
    [9, -9, -9],
    [-9, 9],
  ].map(softmax);

  test('rise while over, fall while under, stop at 0', () => {
    const objective = new TargetObjective([{ cost, budget: 2000 }], 0.01);
    const gathered = (p: Float64Array[], steps: number) => {
      for (let n = 0; n < steps; n++) objective.step({ ...input, probabilities: p });
      return objective.state.accumulated[0]!;
    };
    const first = gathered(dear, 50);
    const second = gathered(dear, 50);
    expect(first).toBeGreaterThan(0);
    expect(second).toBeGreaterThan(first);
    const third = gathered(cheap, 2);
    expect(third).toBeLessThan(second);
    expect(third).toBeGreaterThan(0);
    expect(gathered(cheap, 500)).toBe(0);
  });

  test('each constraint has its own', () => {
    const second: AdditiveCost = { ...cost, name: 'other device', fixed: 100 };
    const objective = new TargetObjective(
      [
        { cost, budget: 2000 },
        { cost: second, budget: 5000 },
      ],
      0.01,
    );
    for (let n = 0; n < 10; n++) objective.step({ ...input, probabilities: dear });
    expect(objective.state.accumulated[0]).toBeGreaterThan(0);
    expect(objective.state.accumulated[1]).toBe(0);
  });

  test('state saved as JSON continues bit for bit; another number of constraints is refused', () => {
    const spec = { kind: 'target', constraints: [{ cost, budget: 1700 }] } as const;
    const objective = createObjective(spec, 0.01);
    for (let n = 0; n < 5; n++) objective.step({ ...input, probabilities: n % 2 ? dear : cheap });
    const resumed = createObjective(spec, 0.01, JSON.parse(JSON.stringify(objective.state)));
    for (let n = 0; n < 5; n++) {
      const next = { ...input, probabilities: n % 2 ? dear : probabilities };
      expect(resumed.step(next)).toEqual(objective.step(next));
    }
    expect(() => createObjective({ kind: 'target', constraints: [] }, 0.01, objective.state)).toThrow(FastpathError);
  });
});

describe('toy search: each candidate has a utility, gates are measured with noise, and Adam descends the total', () => {
  /** Costs of six candidates and `zero`, with utilities that grow with cost and scatter. */
  function toySpace(blocks: number, spread: number, random: Random) {
    const base = [3.4, 3.8, 4.5, 6.5, 7.2, 8.4, 0];
    const costs = Array.from({ length: blocks }, (_, k) => {
      const scale = 0.3 + 1.5 * random.uniform();
      return (k % 4 === 0 ? base.slice(0, 6) : base).map((c) => c * scale * (0.9 + 0.2 * random.uniform()));
    });
    const utilities = costs.map((block) => block.map((c) => spread * (Math.sqrt(c / 8) + 0.3 * random.normal())));
    return { latency: { name: 'latency', unit: 'us', fixed: 20, blocks: costs } satisfies AdditiveCost, utilities };
  }

  function search(constraints: Constraint[], utilities: number[][], noise: number, steps: number, random: Random) {
    const counts = utilities.map((block) => block.length);
    const alpha = initialLogits(counts, random);
    const rate = defaultLogitLearningRate(steps);
    const optimizer = new LogitOptimizer(counts, rate);
    const objective = new TargetObjective(constraints, rate);
    for (let n = 0; n < steps; n++) {
      const ce = counts.map((count) => new Float64Array(count));
      const pairs = alpha.map((block, k) => {
        const { pair, p } = samplePair(block, random);
        const gate = (i: number) => -utilities[k]![i]! + noise * random.normal();
        const d = pairLogitGradient([gate(pair[0]), gate(pair[1])], [p[0], p[1]]);
        ce[k]![pair[0]] = d[0];
        ce[k]![pair[1]] = d[1];
        return pair;
      });
      const { gradient } = objective.step({
        crossEntropy: 1,
        crossEntropyGradient: ce,
        probabilities: alpha.map(softmax),
      });
      const before = alpha.map((block) => Float64Array.from(block));
      optimizer.step(alpha, gradient);
      for (const [k, pair] of pairs.entries()) rescalePair(before[k]!, alpha[k]!, pair);
    }
    const p = alpha.map(softmax);
    return constraints.map(({ cost: c, budget }) => expectedCost(c, p) / budget - 1);
  }

  /** A budget at a share of the way from the cheapest to the dearest path; equal logits stand at about half of it. */
  function at(c: AdditiveCost, share: number): Constraint {
    const { lowest, highest } = costRange(c);
    return { cost: c, budget: lowest + share * (highest - lowest) };
  }

  test.each([
    { steps: 200, blocks: 21, spread: 1, noise: 0 },
    { steps: 200, blocks: 21, spread: 0.001, noise: 1 },
    { steps: 1000, blocks: 21, spread: 100, noise: 1 },
    { steps: 1000, blocks: 8, spread: 1, noise: 4 },
    { steps: 20_000, blocks: 4, spread: 0.1, noise: 1 },
  ])(
    '$steps steps, $blocks blocks, utilities of spread $spread, noise $noise times that: E ends within 5 %',
    ({ steps, blocks, spread, noise }) => {
      for (const share of steps > 1000 ? [0.3] : [0.2, 0.3, 0.4]) {
        const random = Random.named(1, `toy ${share}`);
        const { latency, utilities } = toySpace(blocks, spread, random);
        const [off] = search([at(latency, share)], utilities, noise * spread, steps, random);
        expect(Math.abs(off!), `budget at ${share}`).toBeLessThan(0.05);
      }
    },
  );

  test('a budget over where the search starts is grown into, not overrun', () => {
    const random = Random.named(2, 'toy');
    const { latency, utilities } = toySpace(21, 1, random);
    const [off] = search([at(latency, 0.7)], utilities, 0.3, 1000, random);
    expect(Math.abs(off!)).toBeLessThan(0.05);
  });

  test('a budget that does not bind leaves the search to cross-entropy', () => {
    const random = Random.named(3, 'toy');
    const { latency, utilities } = toySpace(21, 1, random);
    const cheapIsBest = utilities.map((_, k) => latency.blocks[k]!.map((c) => -c));
    const [off] = search([at(latency, 0.5)], cheapIsBest, 0.1, 500, random);
    expect(off!).toBeLessThan(-0.2);
  });

  test('three constraints at once: none is exceeded by 5 %, and the tightest is used', () => {
    const random = Random.named(4, 'toy');
    const { latency, utilities } = toySpace(21, 1, random);
    const derived = (name: string, unit: AdditiveCost['unit']): AdditiveCost => ({
      name,
      unit,
      fixed: 500,
      blocks: latency.blocks.map((block) => block.map((c) => 100 * c * (0.5 + random.uniform()))),
    });
    const constraints = [
      at(latency, 0.35),
      at(derived('second device', 'us'), 0.3),
      at(derived('parameters', 'parameters'), 0.4),
    ];
    const off = search(constraints, utilities, 1, 1000, random);
    for (const relative of off) expect(relative).toBeLessThan(0.05);
    expect(Math.max(...off)).toBeGreaterThan(-0.05);
  });
});
