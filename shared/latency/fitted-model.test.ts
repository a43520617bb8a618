/** @file Means and intervals against the model's definition, worked out part by part; parts that the table lacks. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Architecture } from '../contract/architecture.ts';
import type { LatencyModelData } from '../contract/latency-model.ts';
import { Random } from '../random.ts';
import { anyPlanAndPath } from '../space/arbitrary.ts';
import { pathToArchitecture } from '../space/path.ts';
import { FittedLatencyModel } from './fitted-model.ts';
import { partsOf } from './part.ts';
import { PartNumbering } from './part-numbering.ts';
import { physicalFeatures } from './physical.ts';
import { signatureOf } from './signature.ts';

const model: LatencyModelData = {
  format: 'fastpath.latency-model/1',
  hardware: { id: 'made-up', name: 'm', device: 'm', runtime: 'm', batchSize: 1, precision: 'fp32', threads: 1 },
  version: '0123456789abcdef',
  trainedOn: { sha256: '0'.repeat(64), blocks: 7, networks: 0, sources: [] },
  overheadUs: 10,
  overheadFactorsUs: [1, 0],
  estimated: [],
  parts: {
    'stem-k3-s2-o8-r16': [20, 2, 1],
    'mbconv-k3-e1-s1-i8-o4-r8': [30, 0, -3],
    'mbconv-k5-e6-s2-i4-o6-r8': [40, 1, 0],
    'mbconv-k3-e3-s1-i6-o6-r4-id': [5, -1, 4],
    'head-i6-o16-r4': [7, 0, 0],
    'classifier-i16-c10': [2, 1, 2],
    'classifier-i16-c100': [11, 10, -7],
    'classifier-i16-c1000': [191, 0, 0],
  },
  noise: 0.05,
  intervalDeviations: 2,
  physical: {
    coefficientsUs: {
      part: 1,
      denseMillionMacs: 100,
      depthwiseMillionMacs: 200,
      megabytesMoved: 50,
      parameterMegabytes: 9,
    },
    relativeDeviation: 0.5,
  },
  flags: ['made up'],
};

const network = (classes: number, resolution = 16): Architecture => ({
  format: 'fastpath.architecture/1',
  resolution,
  classes,
  stem: { kernel: 3, stride: 2, channels: 8 },
  blocks: [
    { op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 8, out: 4, shortcut: false },
    { op: 'mbconv', kernel: 5, expansion: 6, stride: 2, in: 4, out: 6, shortcut: false },
    { op: 'mbconv', kernel: 3, expansion: 3, stride: 1, in: 6, out: 6, shortcut: true },
  ],
  head: { channels: 16 },
});

const sizeUs = (architecture: Architecture, index: number) => {
  const features = physicalFeatures(partsOf(architecture)[index]!.part);
  const { denseMillionMacs, depthwiseMillionMacs, megabytesMoved, parameterMegabytes } = features;
  return 1 + 100 * denseMillionMacs + 200 * depthwiseMillionMacs + 50 * megabytesMoved + 9 * parameterMegabytes;
};

describe('a latency model', () => {
  const fitted = new FittedLatencyModel(model);

  it('adds parts up; its interval is twice √((0.05 · 114)² + 4² + 4²)', () => {
    const { latencyUs, lowUs, highUs, flags, blocks } = fitted.predict(network(10));
    expect(latencyUs).toBe(10 + 20 + 30 + 40 + 5 + 7 + 2);
    // Factors: 1 + 2 + 0 + 1 − 1 + 0 + 1 = 4 and 0 + 1 − 3 + 0 + 4 + 0 + 2 = 4
    const reach = 2 * Math.sqrt(5.7 ** 2 + 4 ** 2 + 4 ** 2);
    expect(highUs).toBeCloseTo(114 + reach, 9);
    expect(lowUs).toBeCloseTo(114 - reach, 9);
    expect(flags).toEqual(['made up']);
    expect(blocks.map(({ name, signature, latencyUs: us }) => [name, signature, us])).toEqual(
      Object.entries(model.parts)
        .slice(0, 6)
        .map(([signature, [us]], i) => [
          ['stem', 'block 1', 'block 2', 'block 3', 'head', 'classifier'][i],
          signature,
          us,
        ]),
    );
    expect(fitted.meanUs(network(10))).toBe(114);
  });

  it('has no interval below zero', () => {
    const wide = new FittedLatencyModel({ ...model, noise: 3 }).predict(network(10));
    expect(wide.lowUs).toBe(0);
    expect(wide.highUs).toBeGreaterThan(600);
  });

  it.each([
    [55, 6.5, 5.5, -2.5, 'interpolated between 10 and 100'],
    [550, 101, 5, -3.5, 'interpolated between 100 and 1000'],
    [5, 1.5, 0.5, 2.5, 'extrapolated from 10 and 100'],
    [1900, 371, -10, 7, 'extrapolated from 100 and 1000'],
  ])('draws a line through classifiers and their factors: %i classes', (classes, us, first, second, how) => {
    const { latencyUs, highUs, flags, blocks } = fitted.predict(network(classes));
    expect(blocks.at(-1)!.latencyUs).toBeCloseTo(us, 9);
    expect(flags).toEqual(['made up', `classifier with ${classes} classes ${how} classes`]);
    const variance = (0.05 * latencyUs) ** 2 + (3 + first) ** 2 + (2 + second) ** 2;
    expect(highUs - latencyUs).toBeCloseTo(2 * Math.sqrt(variance), 9);
    expect(fitted.meanUs(network(classes))).toBe(latencyUs);
  });

  it('estimates by size what was not timed, widens the interval and names it', () => {
    // block 3 as k5: within the sizes of the three timed blocks
    const other = network(10);
    other.blocks[2] = { ...other.blocks[2]!, kernel: 5 };
    const estimated = sizeUs(other, 3);
    const { latencyUs, highUs, flags } = fitted.predict(other);
    expect(latencyUs).toBeCloseTo(109 + estimated, 9);
    expect(flags).toEqual(['made up', 'not timed on made-up, estimated from size: block 3']);
    // Without block 3's own factors: 4 + 1 and 4 − 4.
    const variance = (0.05 * latencyUs) ** 2 + 5 ** 2 + (0.5 * estimated) ** 2;
    expect(highUs - latencyUs).toBeCloseTo(2 * Math.sqrt(variance), 9);
    expect(fitted.meanUs(other)).toBeCloseTo(latencyUs, 9);
  });

  it('says where sizes leave what was timed, and names no more than four parts', () => {
    const large = network(10, 64);
    const { latencyUs, highUs, flags } = fitted.predict(large);
    const estimates = [0, 1, 2, 3, 4].map((index) => sizeUs(large, index));
    const estimated = estimates.reduce((sum, us) => sum + us, 0);
    expect(latencyUs).toBeCloseTo(10 + estimated + 2, 9);
    // All estimates wrong in one direction: their deviations add up.
    const variance = (0.05 * latencyUs) ** 2 + (1 + 1) ** 2 + 2 ** 2 + (0.5 * estimated) ** 2;
    expect(highUs - latencyUs).toBeCloseTo(2 * Math.sqrt(variance), 6);
    expect(flags[1]).toMatch(/^smaller or larger than anything timed on made-up, estimated from size: stem, block 1/);
    const { flags: small } = fitted.predict(network(10, 8));
    expect(small[1]).toMatch(/^smaller or larger than anything timed on made-up, estimated from size: stem, block 1/);
    const many = { ...large, blocks: [...large.blocks, ...Array(6).fill(large.blocks[2])] };
    const all = fitted.predict(many).flags.slice(1).join('; ');
    expect(all).toMatch(/and \d+ more/);
    expect(all.match(/block \d/g)!.length).toBeLessThanOrEqual(8);
  });

  it('predicts numbered networks as it does by their own, on tables with any parts missing', () => {
    fc.assert(
      fc.property(fc.array(anyPlanAndPath, { minLength: 1, maxLength: 4 }), fc.nat(), (drawn, seed) => {
        const random = Random.named(seed, 'table');
        const networks = drawn.map(({ plan, path }) => pathToArchitecture(plan, path));
        const parts = networks.flatMap((own) => partsOf(own).map(({ part }) => signatureOf(part)));
        const kept = [...new Set(parts)].filter(() => random.uniform() < 0.7);
        const table = Object.fromEntries(kept.map((signature) => [signature, [random.uniform(), random.normal(), 1]]));
        const own = new FittedLatencyModel({ ...model, parts: table });
        const numbering = new PartNumbering(seed);
        const numbers = new Int32Array(parts.length);
        const ends: number[] = [];
        for (const architecture of networks) ends.push(numbering.write(architecture, true, numbers, ends.at(-1) ?? 0));
        const costs = own.costsOf(numbering);
        networks.forEach((architecture, i) => {
          const [start, end] = [ends[i - 1] ?? 0, ends[i]!];
          const { latencyUs, highUs, flags, blocks } = own.predict(architecture);
          expect(latencyUs).toBeCloseTo(10 + blocks.reduce((sum, { latencyUs: us }) => sum + us, 0), 9);
          expect(costs.meanUs(numbers, start, end)).toBeCloseTo(latencyUs, 9);
          expect(costs.reachUs(numbers, start, end, latencyUs)).toBeCloseTo(highUs - latencyUs, 6);
          expect(costs.flags(numbers, start, end)).toEqual(flags.slice(1));
          expect(own.meanUs(architecture)).toBeCloseTo(latencyUs, 9);
          partsOf(architecture).forEach((part, k) => {
            expect(own.partLatencyUs(part)).toBe(blocks[k]!.latencyUs);
            const timed = table[signatureOf(part.part)];
            if (timed !== undefined) expect(blocks[k]!.latencyUs).toBe(timed[0]);
          });
        });
      }),
    );
  });
});
