/** @file What a difference on few images is called, and how long a plan is. */
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { planFor } from './plan.ts';
import { differenceRow } from './rows.ts';

it.each([
  [[71, 72, 73], [70, 70.5, 71], 'a tie'],
  [[80, 81, 80], [70, 71, 71], 'the found one is better'],
  [[60, 61, 60], [70, 71, 71], 'the baseline is better'],
  [[90, 71, 70], [70, 72, 70], 'the found one is better, which chance may explain'],
])('%j against %j: %s', (found, baseline, verdict) => {
  expect(differenceRow({ found, baseline }).note).toMatch(new RegExp(`: ${verdict}$`));
});

it('plans as many epochs as the minutes hold, and trains harder where there are many', () => {
  const epoch = 10;
  const plan = planFor(90, epoch);
  const { warmupEpochs, searchEpochs } = plan.search;
  const seconds = 90 * 60 * availableParallelism();
  expect((warmupEpochs + searchEpochs) * epoch * 1.1 + 2 * plan.training.epochs * epoch).toBeLessThanOrEqual(seconds);
  expect(plan.searchSeconds + 2 * plan.trainingSeconds).toBeCloseTo(seconds, 6);
  expect(plan.training.randAugment).not.toBeNull();
  expect(planFor(1, 60).training).toMatchObject({ epochs: 1, randAugment: null });
});
