/** @file Adam on logits by hand-worked steps, and the whole gradient step's promise about candidates not sampled. */
import { expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import { Random } from '../../../shared/random.ts';
import { defaultLogitLearningRate, LogitOptimizer } from './logit-optimizer.ts';
import { pairLogitGradient, rescalePair, samplePair } from './pair.ts';
import { initialLogits, softmax } from './probabilities.ts';

test('two steps by hand', () => {
  const logits = [Float64Array.of(1, 1, 1)];
  const optimizer = new LogitOptimizer([3], 0.01);
  // Step 1: v = 0.001 g², corrected g²; the move is the rate against the gradient's sign.
  optimizer.step(logits, [[1, -4, 0]]);
  expect(logits[0]![0]).toBeCloseTo(0.99, 9);
  expect(logits[0]![1]).toBeCloseTo(1.01, 9);
  expect(logits[0]![2]).toBe(1);
  // Step 2, first entry: v = 0.999 · 0.001 + 0.001 · 0.25 = 0.001249; corrected by 1 − 0.999² = 0.001999:
  // 0.62481241; move = 0.01 · 0.5 / 0.79045077 = 0.0063255047. Second entry has gradient 0: it stays.
  optimizer.step(logits, [[0.5, 0, 0]]);
  expect(logits[0]![0]).toBeCloseTo(0.99 - 0.0063255047, 9);
  expect(logits[0]![1]).toBeCloseTo(1.01, 9);
});

test('an entry without gradient does not move, whatever came before it', () => {
  const optimizer = new LogitOptimizer([2, 1], 0.1);
  const logits = [Float64Array.of(0, 0), Float64Array.of(0)];
  for (let n = 0; n < 20; n++) optimizer.step(logits, [[1, 0.5], [3]]);
  const before = logits.map((block) => Array.from(block));
  for (let n = 0; n < 20; n++) optimizer.step(logits, [[0, 0], [0]]);
  expect(logits.map((block) => Array.from(block))).toEqual(before);
});

test('state saved as JSON continues bit for bit; another shape is refused', () => {
  const random = Random.named(4, 'gradients');
  const gradients = Array.from({ length: 30 }, () => [
    [random.normal(), random.normal()],
    [random.normal(), random.normal(), random.normal()],
  ]);
  const logits = initialLogits([2, 3], random);
  const whole = new LogitOptimizer([2, 3], 0.02);
  let resumed = new LogitOptimizer([2, 3], 0.02);
  const copy = logits.map((block) => Float64Array.from(block));
  for (const [n, gradient] of gradients.entries()) {
    whole.step(logits, gradient);
    if (n === 13) resumed = new LogitOptimizer([2, 3], 0.02, JSON.parse(JSON.stringify(resumed.state)));
    resumed.step(copy, gradient);
  }
  expect(copy).toEqual(logits);
  expect(() => new LogitOptimizer([2, 4], 0.02, whole.state)).toThrow(FastpathError);
});

test('default rate: the published one for the published length, more for short runs', () => {
  expect(defaultLogitLearningRate(114_000)).toBe(1e-3);
  expect(defaultLogitLearningRate(30_000)).toBe(1e-3);
  expect(defaultLogitLearningRate(300)).toBe(0.1);
});

test('without a cost term, a step leaves the probabilities of candidates that were not sampled to 1e-12', () => {
  const random = Random.named(6, 'steps');
  const counts = [7, 6, 3, 2];
  const logits = initialLogits(counts, random);
  const optimizer = new LogitOptimizer(counts, 0.05);
  for (let n = 0; n < 1000; n++) {
    const before = logits.map((block) => Float64Array.from(block));
    const gradient = counts.map((count) => new Float64Array(count));
    const pairs = logits.map((block, k) => {
      const { pair, p } = samplePair(block, random);
      const d = pairLogitGradient([random.normal(), random.normal()], [p[0], p[1]]);
      gradient[k]![pair[0]] = d[0];
      gradient[k]![pair[1]] = d[1];
      return pair;
    });
    optimizer.step(logits, gradient);
    for (const [k, pair] of pairs.entries()) {
      rescalePair(before[k]!, logits[k]!, pair);
      const [p, q] = [softmax(before[k]!), softmax(logits[k]!)];
      for (let i = 0; i < p.length; i++) if (!pair.includes(i)) expect(Math.abs(q[i]! - p[i]!)).toBeLessThan(1e-12);
    }
  }
  // The steps did decide something, so that the check above was not of a standstill.
  expect(Math.max(...softmax(logits[0]!))).toBeGreaterThan(0.3);
});
