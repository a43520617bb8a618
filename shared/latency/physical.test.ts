/** @file Features against numbers worked out by hand, and against the sums that whole networks give elsewhere. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { costOf } from '../architecture/describe.ts';
import { layersOf } from '../architecture/layers.ts';
import { anyPlanAndPath } from '../space/arbitrary.ts';
import { pathToArchitecture } from '../space/path.ts';
import { type Part, partsOf } from './part.ts';
import { estimateUs, physicalFeatures } from './physical.ts';

const block = { op: 'mbconv' as const, kernel: 5 as const, expansion: 3, stride: 2 as const, in: 8, out: 10 };

describe('the physical features', () => {
  it.each<[Part, number, number, number, number]>([
    // expand 8→24 at 16², depthwise 5×5 to 8², project 24→10
    [
      { kind: 'mbconv', block: { ...block, shortcut: false }, inputSize: 16 },
      256 * 8 * 24 + 64 * 24 * 10,
      64 * 25 * 24,
      256 * (8 + 24) + 256 * 24 + 64 * 24 + 64 * (24 + 10),
      8 * 24 + 2 * 24 + 25 * 24 + 2 * 24 + 24 * 10 + 2 * 10,
    ],
    // no expansion: depthwise and projection alone
    [
      { kind: 'mbconv', block: { ...block, expansion: 1, shortcut: false }, inputSize: 16 },
      64 * 8 * 10,
      64 * 25 * 8,
      256 * 8 + 64 * 8 + 64 * (8 + 10),
      25 * 8 + 2 * 8 + 8 * 10 + 2 * 10,
    ],
    [{ kind: 'stem', stride: 2, channels: 16, inputSize: 32 }, 256 * 27 * 16, 0, 1024 * 3 + 256 * 16, 27 * 16 + 2 * 16],
    // convolution, then pooling from 4² to 1
    [
      { kind: 'head', in: 10, channels: 64, inputSize: 4 },
      16 * 640,
      0,
      16 * (10 + 64) + 16 * 64 + 64,
      10 * 64 + 2 * 64,
    ],
    [{ kind: 'classifier', in: 64, classes: 7 }, 64 * 7, 0, 64 + 7, 64 * 7 + 7],
  ])('%o', (part, dense, depthwise, elements, parameters) => {
    const features = physicalFeatures(part);
    expect(features.part).toBe(1);
    expect(features.denseMillionMacs * 1e6).toBeCloseTo(dense, 6);
    expect(features.depthwiseMillionMacs * 1e6).toBeCloseTo(depthwise, 6);
    expect(features.megabytesMoved * 1e6).toBeCloseTo(4 * elements, 6);
    expect(features.parameterMegabytes * 1e6).toBeCloseTo(4 * parameters, 6);
  });

  it('add up to what whole networks cost', () => {
    fc.assert(
      fc.property(anyPlanAndPath, ({ plan, path }) => {
        const architecture = pathToArchitecture(plan, path);
        const whole = costOf(layersOf(architecture));
        let macs = 0;
        let parameters = 0;
        for (const { part } of partsOf(architecture)) {
          const features = physicalFeatures(part);
          macs += (features.denseMillionMacs + features.depthwiseMillionMacs) * 1e6;
          parameters += (features.parameterMegabytes * 1e6) / 4;
        }
        expect(macs).toBeCloseTo(whole.macs, 3);
        expect(parameters).toBeCloseTo(whole.parameters, 3);
      }),
    );
  });

  it('are weighed one by one, and give no time below zero', () => {
    const features = {
      part: 1,
      denseMillionMacs: 2,
      depthwiseMillionMacs: 3,
      megabytesMoved: 5,
      parameterMegabytes: 7,
    };
    const coefficients = {
      part: 1e1,
      denseMillionMacs: 1e2,
      depthwiseMillionMacs: 1e3,
      megabytesMoved: 1e4,
      parameterMegabytes: 1e5,
    };
    expect(estimateUs(features, coefficients)).toBe(753_210);
    expect(estimateUs(features, { ...coefficients, part: -1e9 })).toBe(0);
  });
});
