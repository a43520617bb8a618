import { expect, test } from 'vitest';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { featureTaps } from './features.ts';

function architecture(space: string, resolution: number) {
  const plan = planSupernet(findSpace(space), { resolution, classes: 10 });
  return pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
}

test('the last block of each stride from 4 to 32 is tapped', () => {
  expect(featureTaps(architecture('mobile-inverted-residual', 224))).toEqual([
    { stride: 4, block: 4, channels: 24, size: 56 },
    { stride: 8, block: 8, channels: 40, size: 28 },
    { stride: 16, block: 16, channels: 96, size: 14 },
    { stride: 32, block: 21, channels: 320, size: 7 },
  ]);
});

test('a network that ends at stride 8 has two', () => {
  const taps = featureTaps(architecture('cifar', 32));
  expect(taps.map(({ stride, size }) => [stride, size])).toEqual([
    [4, 8],
    [8, 4],
  ]);
});

test('one that never reaches stride 4 has none, and says so', () => {
  const { blocks, ...rest } = architecture('cifar', 32);
  const flat = { ...rest, blocks: blocks.slice(0, 1) };
  expect(() => featureTaps(flat)).toThrow(/total stride is 1: features are taken at strides 4, 8, 16, 32/);
});
