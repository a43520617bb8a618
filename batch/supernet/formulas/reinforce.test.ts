/** @file REINFORCE against enumeration and on a small bandit. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import type { Path } from '../../../shared/space/plan.ts';
import { LogitOptimizer } from './logit-optimizer.ts';
import { initialLogits, samplePath, softmax } from './probabilities.ts';
import { RewardBaseline, reinforceGradient, reward } from './reinforce.ts';

test('reward by hand: twice the target costs a factor of 2^−0.1', () => {
  expect(reward(0.6, 80, 80)).toBe(0.6);
  expect(reward(0.6, 160, 80)).toBeCloseTo(0.6 * 0.93303299, 8);
  expect(reward(0.6, 40, 80, 1)).toBeCloseTo(1.2, 12);
});

test('hand-worked: p = 1/6, 1/3, 1/2, candidates 2 and 0 drawn with rewards 0.9 and 0.5, baseline 0.6', () => {
  // mean of 0.3 · (1/6, 1/3, −1/2) and −0.1 · (−5/6, 1/3, 1/2)
  const [block] = reinforceGradient([[1 / 6, 1 / 3, 1 / 2]], [[2], [0]], [0.9, 0.5], 0.6);
  const expected = [(0.05 + 1 / 12) / 2, (0.1 - 1 / 30) / 2, (-0.15 - 0.05) / 2];
  for (const [i, d] of expected.entries()) expect(block![i]).toBeCloseTo(d, 12);
});

const counts = [3, 2];
const allPaths: Path[] = [0, 1, 2].flatMap((i) => [0, 1].map((j) => [i, j]));
const rewards = [0.2, 0.5, 0.9, 0.1, 0.4, 0.7];

function chances(logits: number[][]): number[] {
  const p = logits.map(softmax);
  return allPaths.map((path) => path.reduce((product, i, k) => product * p[k]![i]!, 1));
}

test('its expectation over all paths is minus the gradient of the expected reward, whatever the baseline', () => {
  const logit = fc.double({ min: -2, max: 2, noNaN: true });
  fc.assert(
    fc.property(fc.tuple(logit, logit, logit), fc.tuple(logit, logit), logit, (first, second, baseline) => {
      const logits = [Array.from(first), Array.from(second)];
      const p = chances(logits);
      const expectedReward = (at: number[][]) => chances(at).reduce((sum, c, m) => sum + c * rewards[m]!, 0);
      const single = allPaths.map((path, m) => reinforceGradient(logits.map(softmax), [path], [rewards[m]!], baseline));
      const h = 1e-5;
      for (const [k, block] of logits.entries()) {
        for (const i of block.keys()) {
          const at = (shift: number) =>
            expectedReward(logits.map((b, kk) => b.map((x, ii) => (kk === k && ii === i ? x + shift : x))));
          const enumerated = single.reduce((sum, gradient, m) => sum + p[m]! * gradient[k]![i]!, 0);
          expect(enumerated).toBeCloseTo(-(at(h) - at(-h)) / (2 * h), 8);
        }
      }
    }),
  );
});

test('a batch of all paths is the mean of them', () => {
  const p = counts.map((count) => new Float64Array(count).fill(1 / count));
  const together = reinforceGradient(p, allPaths, rewards, 0.3);
  const single = allPaths.map((path, m) => reinforceGradient(p, [path], [rewards[m]!], 0.3));
  for (const [k, block] of together.entries()) {
    for (const [i, d] of block.entries()) {
      expect(d).toBeCloseTo(
        single.reduce((sum, gradient) => sum + gradient[k]![i]! / 6, 0),
        12,
      );
    }
  }
});

test('descending it finds the best arm of a noisy two-block bandit', () => {
  const random = Random.named(9, 'bandit');
  const logits = initialLogits(counts, random);
  const optimizer = new LogitOptimizer(counts, 0.02);
  let baseline = new RewardBaseline();
  for (let n = 0; n < 600; n++) {
    const p = logits.map(softmax);
    const paths = Array.from({ length: 4 }, () => samplePath(p, random));
    const earned = paths.map(([i, j]) => rewards[i! * 2 + j!]! + 0.1 * random.normal());
    optimizer.step(logits, reinforceGradient(p, paths, earned, baseline.for(earned)));
    baseline.update(earned);
    if (n === 300) baseline = new RewardBaseline(JSON.parse(JSON.stringify(baseline.state)));
  }
  // The best path is [1, 0] with 0.9.
  expect(softmax(logits[0]!)[1]).toBeGreaterThan(0.9);
  expect(softmax(logits[1]!)[0]).toBeGreaterThan(0.9);
  expect(baseline.for([])).toBeGreaterThan(0.8);
});

test('the baseline starts at the first mean and then moves by a twentieth', () => {
  const baseline = new RewardBaseline();
  expect(baseline.state).toBeNull();
  expect(baseline.for([0.2, 0.6])).toBeCloseTo(0.4, 12);
  baseline.update([0.2, 0.6]);
  baseline.update([0.6, 0.6]);
  expect(baseline.for([0])).toBeCloseTo(0.41, 12);
});
