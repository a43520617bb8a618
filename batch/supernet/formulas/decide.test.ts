/**
 * @file Whether path logits that move at the default rate find a good path at all: the whole search but its network.
 * Gates are utilities under noise, as soft as they were measured on a supernet of the `cifar` space: mean over
 * deviation about 0.15 a step. Optimizer, budget, pairs and knapsack are the real ones, latencies the measured ones.
 */
import { expect, test } from 'vitest';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { costTable, pathCost } from '../../../shared/latency/cost-table.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { quantile } from '../../../shared/latency/statistics.ts';
import { Random } from '../../../shared/random.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { uniformPath } from '../../../shared/space/path.ts';
import type { Path } from '../../../shared/space/plan.ts';
import { defaultLogitLearningRate, LogitOptimizer } from './logit-optimizer.ts';
import { pairLogitGradient, rescalePair, samplePair } from './pair.ts';
import { initialLogits, softmax } from './probabilities.ts';
import { pruneToBudget } from './prune.ts';
import { TargetObjective } from './target.ts';

const plan = planSupernet(findSpace('cifar'), { resolution: 32, classes: 10 });
const cost = costTable(plan, new FittedLatencyModel(builtInModels[0]!));

/** What each candidate takes off the loss, 1e-3 nats: kernel 3, 5, 7 with expansion 3 and 6 in turn, then `zero`. */
const utilities = [
  [-5, 3, -5, 3, 4, -1],
  [-4, 0, 1, 5, 2, -1, -4],
  [-5, 1, 2, 2, -2, 1],
  [0, 2, -1, 5, 2, -2, -7],
  [-2, -4, 6, 3, -4, 3, -2],
  [-4, -4, -3, 8, 2, 0],
  [-6, 2, 1, 9, 4, -1, -10],
  [-1, -1, 0, 5, 6, 2, -12],
].map((block) => block.map((value) => value / 1000));
const utility = (path: Path) => path.reduce((sum, candidate, block) => sum + utilities[block]![candidate]!, 0);

function search(budget: number, steps: number, noise: number, random: Random): Path {
  const counts = utilities.map(({ length }) => length);
  const logits = initialLogits(counts, random);
  const rate = defaultLogitLearningRate(steps);
  const optimizer = new LogitOptimizer(counts, rate);
  const objective = new TargetObjective([{ cost, budget }], rate);
  for (let step = 0; step < steps; step++) {
    const crossEntropyGradient = counts.map((count) => new Float64Array(count));
    const pairs = logits.map((block, k) => {
      const { pair, p } = samplePair(block, random);
      const gate = (candidate: number) => noise * random.normal() - utilities[k]![candidate]!;
      const gradient = pairLogitGradient([gate(pair[0]), gate(pair[1])], p);
      for (const i of [0, 1] as const) crossEntropyGradient[k]![pair[i]] = gradient[i];
      return pair;
    });
    const probabilities = logits.map(softmax);
    const { gradient } = objective.step({ crossEntropy: 1, crossEntropyGradient, probabilities });
    const before = logits.map((block) => block.slice());
    optimizer.step(logits, gradient);
    for (const [k, pair] of pairs.entries()) rescalePair(before[k]!, logits[k]!, pair);
  }
  const pruned = pruneToBudget(logits, [{ cost, budget, predictWhole: (path) => pathCost(cost, path) }]);
  if (pruned.kind === 'none') throw new Error('no path within the budget');
  return pruned.path;
}

function randomUtilities(budget: number): number[] {
  const random = Random.named(1, 'paths');
  const found: number[] = [];
  while (found.length < 500) {
    const path = uniformPath(plan, random);
    const share = pathCost(cost, path) / budget;
    if (share >= 0.9 && share <= 1) found.push(utility(path));
  }
  return found;
}

/** Mean over four searches. */
function foundUtility(budget: number, steps: number, noise: number): number {
  const found = [1, 2, 3, 4].map((seed) => utility(search(budget, steps, noise, Random.named(seed, 'search'))));
  return found.reduce((sum, value) => sum + value, 0) / found.length;
}

test.each([140, 160, 180])('%i us, 1,000 steps: better than 19 of 20 random paths of that latency', (budget) => {
  expect(foundUtility(budget, 1000, 0.03)).toBeGreaterThan(quantile(randomUtilities(budget), 0.95));
});

test('a tight budget does not drown what the gates say half as clearly: better than 500 random paths', () => {
  expect(foundUtility(140, 2800, 0.06)).toBeGreaterThan(Math.max(...randomUtilities(140)));
});
