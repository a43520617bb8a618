/** @file Filling up a budget by hand-worked exchanges. */
import { expect, test } from 'vitest';
import { fillBudget } from './fill.ts';
import { logSoftmax } from './probabilities.ts';

// Candidate costs 1, 2, 3 in three blocks; in the first block the middle one is likeliest, in the others the last.
const logProbabilities = [
  [0, 2, 1],
  [0, 1, 2],
  [0, 1, 2],
].map(logSoftmax);
const used = (path: readonly number[]) => path.reduce((sum, i) => sum + i + 1, 0) / 10;

test('takes the likeliest exchange that reaches enough', () => {
  // From 111 (0.3), 0.4 is reached by one step in any block; raising the first gains 2 nats, the others 1.
  expect(fillBudget(logProbabilities, [0, 0, 0], 0.4, (path) => (used(path) <= 0.4 ? used(path) : undefined))).toEqual([
    1, 0, 0,
  ]);
});

test('goes over several exchanges where one is not enough', () => {
  // From 0.3 to at least 0.65 under a limit of 0.7: by 2, then another 2, which is 0.7.
  const path = fillBudget(logProbabilities, [0, 0, 0], 0.65, (p) => (used(p) <= 0.7 ? used(p) : undefined));
  expect(used(path)).toBeCloseTo(0.7, 12);
});

test('stays where every exchange breaks a budget, and where enough is used already', () => {
  const only = (path: readonly number[]) => (used(path) <= 0.3 ? used(path) : undefined);
  expect(fillBudget(logProbabilities, [0, 0, 0], 0.9, only)).toEqual([0, 0, 0]);
  expect(fillBudget(logProbabilities, [1, 0, 0], 0.4, used)).toEqual([1, 0, 0]);
});
