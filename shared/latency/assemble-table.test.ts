/** @file Timings made from known costs give these costs back. */
import { describe, expect, it } from 'vitest';
import { latencyTableSchema } from '../contract/latency.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { assembleTable, type TimedNetwork, type Timings } from './assemble-table.ts';
import { partsOf } from './part.ts';
import { signatureOf } from './signature.ts';

const overheadUs = 8;
/** inside a network parts take this much of what they take alone */
const factor = 0.75;

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const paths = [0, 1, 2, 3].map((candidate) => plan.blocks.map(() => candidate));
const architectures = paths.map((path) => pathToArchitecture(plan, path));
const signatures = [...new Set(architectures.flatMap((a) => partsOf(a).map(({ part }) => signatureOf(part))))];
const aloneUs = new Map(signatures.map((signature, i) => [signature, 10 + i]));

/** Five visits around a middle: the median is `us`, the median absolute deviation 1. */
const around = (us: number) => [us + 1, us - 1, us, us - 2, us + 2];

function timedNetwork(i: number, context: number): TimedNetwork {
  const architecture = architectures[i]!;
  const sumUs = partsOf(architecture).reduce((sum, { part }) => sum + aloneUs.get(signatureOf(part))!, 0);
  return { architecture, path: paths[i]!, samplesUs: around(overheadUs + context * sumUs) };
}

const timings: Timings = {
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
  method: {
    description: 'made up',
    rounds: 5,
    warmUpCalls: 1,
    visitUs: 1,
    quantile: 0.5,
    calibrationNetworks: 2,
    seed: 0,
  },
  overheadSamplesUs: around(overheadUs),
  reference: { signature: signatures[1]!, samplesUs: Array.from({ length: 16 }, (_, i) => (i < 14 ? 100 : 105)) },
  parts: new Map([...aloneUs].map(([signature, us]) => [signature, around(overheadUs + us)])),
  contexts: [
    {
      space: 'tiny',
      resolution: 32,
      signatures,
      calibration: [timedNetwork(0, factor), timedNetwork(1, factor)],
      heldOut: [timedNetwork(2, factor), timedNetwork(3, 0.9)],
    },
  ],
};

describe('a table from timings', () => {
  const table = latencyTableSchema.parse(assembleTable(timings));

  it('takes the cost of the call off and sets the context factor', () => {
    expect(table.overheadUs).toBe(overheadUs);
    expect(table.coverage).toEqual([{ space: 'tiny', resolution: 32, contextFactor: factor }]);
    for (const [signature, us] of aloneUs) {
      expect(table.entries[signature]).toEqual({ aloneUs: us, latencyUs: us * factor, spreadUs: factor, count: 5 });
    }
  });

  it('compares the held-out networks with their sums', () => {
    const [same, slower] = table.networks!;
    expect(same!.sumOfBlocksUs).toBeCloseTo(same!.latencyUs, 2);
    expect((slower!.latencyUs - overheadUs) / (slower!.sumOfBlocksUs! - overheadUs)).toBeCloseTo(0.9 / factor, 3);
  });

  it('sees a machine that slowed down for an eighth of the run', () => {
    expect(table.drift).toEqual({ reference: signatures[1], largestFraction: 0.05, unstable: true });
    const steady = { ...timings, reference: { ...timings.reference, samplesUs: new Array(16).fill(100) } };
    expect(assembleTable(steady).drift).toMatchObject({ largestFraction: 0, unstable: false });
  });
});
