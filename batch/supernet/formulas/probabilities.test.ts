/** @file Path probabilities against hand-worked values. */
import { expect, test } from 'vitest';
import { Random } from '../../../shared/random.ts';
import {
  argmaxPath,
  entropyNats,
  initialLogits,
  logSoftmax,
  meanTopProbability,
  pathLogProbability,
  samplePath,
  softmax,
} from './probabilities.ts';

// exp(α) = 1, 2, 3 of sum 6.
const logits = [0, Math.log(2), Math.log(3)];

test('softmax of ln 1, ln 2, ln 3 is 1/6, 1/3, 1/2', () => {
  const p = softmax(logits);
  for (const [i, expected] of [1 / 6, 1 / 3, 1 / 2].entries()) expect(p[i]).toBeCloseTo(expected, 14);
});

test('logits far outside the range of exp lose neither the probabilities nor their logarithms', () => {
  for (const p of softmax([1000, 1000])) expect(p).toBeCloseTo(0.5, 15);
  expect(Array.from(softmax([0, -2000]))).toEqual([1, 0]);
  expect(Array.from(logSoftmax([0, -2000]))).toEqual([0, -2000]);
});

test('entropy of 1/6, 1/3, 1/2 by hand, of a certain and of a uniform choice', () => {
  // ln 6 / 6 + ln 3 / 3 + ln 2 / 2 = 0.298627 + 0.366204 + 0.346574
  expect(entropyNats([1 / 6, 1 / 3, 1 / 2])).toBeCloseTo(1.0114042647, 9);
  expect(entropyNats([0, 1, 0])).toBe(0);
  expect(entropyNats(new Array(7).fill(1 / 7))).toBeCloseTo(Math.log(7), 12);
});

test('initial logits are normal with standard deviation 1e-3, and the same for the same seed', () => {
  const draw = () => initialLogits([400, 600], Random.named(5, 'logits'));
  const values = draw().flatMap((block) => Array.from(block));
  expect(values).toHaveLength(1000);
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length);
  // Five standard errors: 1e-3/√1,000 for the mean, 1e-3/√2,000 for the deviation.
  expect(Math.abs(mean)).toBeLessThan(1.6e-4);
  expect(Math.abs(deviation - 1e-3)).toBeLessThan(1.12e-4);
  expect(draw()).toEqual(draw());
});

test('the most probable path takes the first of equals, and its ln p adds up', () => {
  expect(argmaxPath([logits, [3, 3], [0, -1]])).toEqual([2, 0, 0]);
  // ln(1/2) + ln(1/6) = −ln 12
  expect(pathLogProbability([logSoftmax(logits), logSoftmax(logits)], [2, 0])).toBeCloseTo(-Math.log(12), 12);
  expect(meanTopProbability([softmax(logits), [0.25, 0.75]])).toBeCloseTo((1 / 2 + 3 / 4) / 2, 12);
});

test('sampled paths follow the probabilities, each block on its own', () => {
  const random = Random.named(1, 'paths');
  const counts = [0, 0, 0, 0, 0, 0];
  const draws = 60_000;
  for (let n = 0; n < draws; n++) {
    const [first, second] = samplePath(
      [
        [1 / 6, 1 / 3, 1 / 2],
        [0.25, 0.75],
      ],
      random,
    );
    counts[first! * 2 + second!]!++;
  }
  const expected = [1 / 24, 3 / 24, 2 / 24, 6 / 24, 3 / 24, 9 / 24];
  for (const [i, chance] of expected.entries()) {
    expect(Math.abs(counts[i]! / draws - chance)).toBeLessThan(5 * Math.sqrt((chance * (1 - chance)) / draws));
  }
});
