import { expect, it } from 'vitest';
import { comparedSteps, type Duel } from './duel.ts';
import { duelRows, imagesPerSecond, relativeDifference } from './rows.ts';

const peak = (megabytes: number) => ({ peakRssBytes: megabytes * 1e6, rssBytes: megabytes * 1e6 });
const losses = (first: number) => Array.from({ length: comparedSteps }, (_, i) => first - i * 0.01);

const made: Duel = {
  lines: { ours: 'Backend: ours', peer: 'PyTorch' },
  losses: { ours: losses(7.00007), peer: losses(7) },
  gradients: [{ ours: [[1, -1]], peer: [[1, -1, 0]] }],
  weightMs: {
    ours: [
      [100, 90, 5000],
      [300, 310, 290],
    ],
    peer: [
      [50, 50, 50],
      [150, 150, 9000],
    ],
  },
  architectureMs: { ours: [[40], [60]], peer: [[80], [120]] },
  memory: { ours: peak(600), peer: peak(1200) },
  memoryBefore: { ours: peak(300), peer: peak(700) },
};

it('counts images over the sum of median steps, so that one slow step or path does not stand for all', () => {
  expect(imagesPerSecond(32, made.weightMs.ours)).toBeCloseTo((2 * 32) / 0.4, 9);
  expect(imagesPerSecond(32, [[100], [300]])).toBeCloseTo(imagesPerSecond(64, [[200], [600]]), 9);
});

it('gives speeds as ours over the peer, more is better, and memory as ours over the peer, less is better', () => {
  const rows = duelRows('x', 32, made, { speed: { atLeast: 1 }, memory: { atMost: 1 } });
  const row = (name: string) => rows.find((one) => one.name === `x: ${name}`)!;
  expect(row('weight step, speed of ours / PyTorch')).toMatchObject({ value: 0.5, target: { atLeast: 1 } });
  expect(row('architecture step, speed of ours / PyTorch').value).toBe(2);
  expect(row('weight step')).toMatchObject({ value: 160, unit: 'images/s', baseline: 320 });
  expect(row('peak RSS, ours / PyTorch')).toMatchObject({ value: 0.5, target: { atMost: 1 } });
  expect(row('peak RSS above the supernet set up')).toMatchObject({ value: 300, baseline: 500 });
  expect(row("first loss, ours against PyTorch's").value).toBeCloseTo(10, 6);
  const unjudged = duelRows('x', 32, made, { speed: { atLeast: 1 }, memory: null });
  expect(unjudged.find(({ name }) => name === 'x: peak RSS, ours / PyTorch')!.target).toBeUndefined();
});

it('measures how far gradients are apart, whatever is padded, and sees a gradient of the wrong sign', () => {
  expect(relativeDifference({ ours: [[1, -1], [2]], peer: [[1, -1, 0], [2]] })).toBe(0);
  expect(relativeDifference({ ours: [[-1, 1]], peer: [[1, -1]] })).toBeCloseTo(2, 12);
  expect(relativeDifference({ ours: [], peer: [[3, 4]] })).toBe(1);
});
