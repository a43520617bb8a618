/** @file When timings are taken again, and which of them counts. */
import { expect, it } from 'vitest';
import { steadiest } from './steadiest.ts';

it.each([
  { drifts: [0.05, 0.01], taken: 1, best: 0.05 },
  { drifts: [0.2, 0.03, 0.01], taken: 2, best: 0.03 },
  { drifts: [0.2, 0.07, 0.3, 0.01], taken: 3, best: 0.07 },
])('of $drifts takes $taken and keeps $best', async ({ drifts, taken, best }) => {
  let times = 0;
  const timed = await steadiest(
    async () => drifts[times++]!,
    (drift) => drift,
  );
  expect({ times, timed }).toEqual({ times: taken, timed: best });
});
