/** @file Evolution on scores that are known: it climbs, keeps the budget, and asks for each score once. */
import { expect, it } from 'vitest';
import { Random } from '../../../shared/random.ts';
import { evolve } from './evolution.ts';

const blocks = 8;
const candidates = Array.from({ length: blocks }, () => 6);

async function run(seed: number, generations: number) {
  const random = Random.named(seed, 'evolution');
  const asked: string[] = [];
  const fits = (path: readonly number[]) => path.reduce((a, b) => a + b, 0) <= 30;
  const draw = () => {
    for (;;) {
      const path = candidates.map((count) => random.below(count));
      if (fits(path)) return path;
    }
  };
  const found = await evolve({
    ...{ population: 12, generations, candidates, random, draw, fits },
    score: async (path) => {
      asked.push(path.join());
      expect(fits(path)).toBe(true);
      return path.reduce((a, b) => a + b, 0);
    },
  });
  expect(new Set(asked).size).toBe(asked.length);
  expect(found.scored).toBe(asked.length);
  return found;
}

it('finds better than drawing does, within the budget, and the same for the same seed', async () => {
  const found = await run(1, 12);
  expect(found.score).toBe(30);
  expect(found.path.reduce((a, b) => a + b, 0)).toBe(found.score);
  expect(await run(1, 12)).toEqual(found);
  const drawn = await run(1, 0);
  expect(drawn.scored).toBe(12);
  expect(drawn.score).toBeLessThanOrEqual(found.score);
});
