/** @file Baselines against what was published of them. */
import { expect, test } from 'vitest';
import { describe } from '../architecture/describe.ts';
import { parseArchitecture } from '../architecture/parse.ts';
import type { Architecture } from '../contract/architecture.ts';
import { findSpace } from '../space/built-in.ts';
import { baselinesFor, mobileNetShaped } from './baselines.ts';

/** Any network of that space and size: what it is made of says nothing here. */
function networkOf(space: string | undefined, resolution: number, classes: number): Architecture {
  const block = { op: 'mbconv', kernel: 3, expansion: 1, stride: 2, in: 8, out: 8, shortcut: false } as const;
  return {
    ...{ format: 'fastpath.architecture/1', resolution, classes, ...(space === undefined ? {} : { space }) },
    stem: { kernel: 3, stride: 2, channels: 8 },
    blocks: [block],
    head: { channels: 8 },
  };
}

/**
 * Multiply-adds and parameters in millions, and top-1, by the sources that `baselines.ts` and `published-networks.ts` name.
 * Parameters of MobileNetV2 were counted without batch norm, which is 1 %.
 */
test.each([
  ['MobileNetV2 ×0.35', 59, 1.66, 0.603],
  ['MobileNetV2 ×0.5', 97, 1.95, 0.654],
  ['MobileNetV2 ×0.75', 209, 2.61, 0.698],
  ['MobileNetV2 ×1', 300, 3.47, 0.72],
  ['MobileNetV2 ×1.4', 582, 6.06, 0.747],
  ['ProxylessNAS-Mobile', 320, 4.1, 0.746],
  ['ProxylessNAS-CPU', 439, 4.4, 0.753],
  ['ProxylessNAS-GPU', 465, 7.1, 0.751],
])('%s has the multiply-adds and parameters that were published', (name, macs, parameters, top1) => {
  const found = baselinesFor(networkOf(undefined, 224, 1000)).find((each) => each.name === name)!;
  const cost = describe(found.architecture);
  expect(Math.abs(cost.macs / 1e6 - macs)).toBeLessThan(1);
  expect(Math.abs(cost.parameters / 1e6 / parameters - 1)).toBeLessThan(0.015);
  expect(found.accuracy?.top1).toBe(top1);
});

test('for other images they are of the same shape, and their accuracy is not known', () => {
  const baselines = baselinesFor(networkOf('mobile-inverted-residual', 96, 10));
  expect(baselines).toHaveLength(8);
  for (const { architecture, accuracy, baseline } of baselines) {
    expect(parseArchitecture(architecture)).toEqual(architecture);
    expect([architecture.resolution, architecture.classes, accuracy, baseline]).toEqual([96, 10, null, true]);
  }
});

test('in another space: its stages, with kernel 3 and expansion 6 everywhere', () => {
  const baselines = baselinesFor(networkOf('cifar', 32, 10));
  expect(baselines.map(({ name }) => name)).toEqual([0.35, 0.5, 0.75, 1, 1.4].map((by) => `MobileNetV2-shaped ×${by}`));
  const { blocks } = baselines[3]!.architecture;
  expect(blocks.slice(1).every(({ kernel, expansion }) => kernel === 3 && expansion === 6)).toBe(true);
  expect(blocks.map(({ out }) => out)).toEqual([8, 16, 16, 24, 24, 24, 40, 40, 40]);
  const macs = baselines.map(({ architecture }) => describe(architecture).macs);
  expect(macs).toEqual(macs.toSorted((a, b) => a - b));
});

test('there are none for an input side that does not fit', () => {
  expect(baselinesFor(networkOf(undefined, 36, 10))).toEqual([]);
  const shaped = () => mobileNetShaped(findSpace('tiny'), { resolution: 33, classes: 10 }, 1);
  expect(shaped).toThrow(/resolution 33/);
});
