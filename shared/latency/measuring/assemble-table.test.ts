/** @file Timings made from known costs give these costs back. */
import { describe, expect, it } from 'vitest';
import type { Architecture } from '../../contract/architecture.ts';
import { latencyTableSchema } from '../../contract/latency.ts';
import { findSpace } from '../../space/built-in.ts';
import { AdditiveLatencyModel } from '../additive.ts';
import { partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { assembleTable, type Timings } from './assemble-table.ts';
import { type MeasuringPlan, planMeasuring } from './plan.ts';
import { networkKey, referenceSignature } from './schedule.ts';

const overheadUs = 8;
/** inside a network parts take this much of what they take alone; in designed networks, and in uniform ones */
const factor = 0.75;
const uniformFactor = 0.9;

/** Five visits around a middle: the median is `us`, the median absolute deviation 1. */
const around = (us: number) => [us + 1, us - 1, us, us - 2, us + 2];

/** A part takes 10 µs and as many more as its signature is long. */
const aloneUs = (signature: string) => 10 + signature.length;

function wholeUs(architecture: Architecture, context: number): number {
  const sum = partsOf(architecture).reduce((us, { part }) => us + aloneUs(signatureOf(part)), 0);
  return overheadUs + context * sum;
}

function timingsOf(plan: MeasuringPlan): Timings {
  const parts = plan.contexts.flatMap((context) => context.parts.map(signatureOf));
  const networks = plan.contexts.flatMap((context) => context.networks);
  return {
    hardware: {
      id: 'made-up',
      name: 'made up',
      device: 'none',
      runtime: 'none',
      batchSize: 1,
      precision: 'fp32',
      threads: 1,
    },
    measuredAt: '2025-01-01T00:00:00Z',
    method: { description: 'made up', rounds: 5, warmUpCalls: 1, visitUs: 1, quantile: 0.5, seed: 0 },
    conditions: { processors: '1', pinned: true, clockStepUs: 0.1, webAssembly: null },
    plan,
    samplesUs: new Map([
      ['call', around(overheadUs)],
      ['reference', new Array<number>(16).fill(100)],
      ...parts.map((signature) => [signature, around(overheadUs + aloneUs(signature))] as const),
      ...networks.map(
        ({ architecture, drawn }, i) =>
          [networkKey(i), around(wholeUs(architecture, drawn === 'designed' ? factor : uniformFactor))] as const,
      ),
    ]),
  };
}

const space = findSpace('tiny');

describe('a table of a full plan', () => {
  const plan = planMeasuring('full', [{ space, resolution: 32, networks: 12 }], 1);
  const table = latencyTableSchema.parse(assembleTable(timingsOf(plan)));

  it('takes the cost of the call off and sets the factor by the designed networks', () => {
    expect(table.overheadUs).toBe(overheadUs);
    expect(table.coverage).toEqual([{ space: 'tiny', resolution: 32, contextFactor: factor }]);
    for (const [signature, entry] of Object.entries(table.entries)) {
      const us = aloneUs(signature);
      expect(entry).toEqual({ aloneUs: us, latencyUs: us * factor, spreadUs: factor, count: 5 });
    }
  });

  it('compares whole networks with their sums, as the additive model does', () => {
    const model = new AdditiveLatencyModel(table);
    expect(table.networks).toHaveLength(12);
    for (const [i, network] of table.networks!.entries()) {
      const { architecture, drawn } = plan.contexts[0]!.networks[i]!;
      const expected = drawn === 'designed' ? 1 : uniformFactor / factor;
      expect((network.latencyUs - overheadUs) / (network.sumOfBlocksUs! - overheadUs)).toBeCloseTo(expected, 3);
      expect(network.sumOfBlocksUs).toBeCloseTo(model.predict(architecture).latencyUs, 2);
      expect(network).toMatchObject({ drawn, space: 'tiny', resolution: 32, classes: architecture.classes });
    }
  });

  it('says how steady the machine was, and what it ran under', () => {
    expect(table.drift).toMatchObject({ reference: referenceSignature, largestFraction: 0, unstable: false });
    expect(table.conditions).toEqual({ processors: '1', pinned: true, clockStepUs: 0.1, webAssembly: null });
  });
});

it('a part that two resolutions share has the mean of their factors', () => {
  const plan = planMeasuring(
    'full',
    [32, 48].map((resolution) => ({ space, resolution, networks: 2 })),
    1,
  );
  const timings = timingsOf(plan);
  const samplesUs = new Map(timings.samplesUs);
  // The only designed network at 48 pixels stands behind the two at 32; there parts take all of what they take alone.
  samplesUs.set(networkKey(2), around(wholeUs(plan.contexts[1]!.networks[0]!.architecture, 1)));
  const table = assembleTable({ ...timings, samplesUs });
  expect(table.coverage.map(({ contextFactor }) => contextFactor)).toEqual([factor, 1]);
  const shared = table.entries['classifier-i128-c10']!;
  expect(shared.latencyUs / shared.aloneUs).toBeCloseTo((factor + 1) / 2, 3);
});

it('a table of a short plan lists what was timed and claims no coverage', () => {
  const plan = planMeasuring('short', [{ space, resolution: 32, networks: 10 }], 1);
  const table = latencyTableSchema.parse(assembleTable(timingsOf(plan)));
  expect(table.coverage).toEqual([]);
  for (const { aloneUs: alone, latencyUs } of Object.values(table.entries)) expect(latencyUs).toBe(alone);
  expect(table.networks!.some(({ sumOfBlocksUs }) => sumOfBlocksUs === undefined)).toBe(true);
});

it('networks of a space that does not ship stand as architectures', () => {
  const own = { ...space, name: 'my-space' };
  const plan = planMeasuring('full', [{ space: own, resolution: 32, networks: 1 }], 1);
  const table = latencyTableSchema.parse(assembleTable(timingsOf(plan)));
  expect(table.networks![0]).toMatchObject({ architecture: plan.contexts[0]!.networks[0]!.architecture });
});
