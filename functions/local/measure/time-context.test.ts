/** @file A short real measurement on this machine gives a complete table. */
import { expect, it } from 'vitest';
import { latencyTableSchema } from '../../../shared/contract/latency.ts';
import { AdditiveLatencyModel } from '../../../shared/latency/additive.ts';
import { assembleTable } from '../../../shared/latency/assemble-table.ts';
import { costTable } from '../../../shared/latency/cost-table.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { timeContext } from './time-context.ts';

it('times every part of a space and puts a table together', async () => {
  const space = findSpace('tiny');
  const reference = 'mbconv-k3-e3-s1-i8-o8-r8-id';
  const visit = { warmUpCalls: 1, visitUs: 1 };
  const timed = await timeContext({
    ...visit,
    space,
    resolution: 16,
    rounds: 5,
    calibrationNetworks: 2,
    heldOutNetworks: 1,
    reference,
    seed: 1,
  });
  expect(timed.overheadSamplesUs).toHaveLength(5);
  const table = assembleTable({
    hardware: {
      id: 'this-machine',
      name: 'this machine',
      device: 'unknown',
      runtime: 'onnxruntime-node',
      batchSize: 1,
      precision: 'fp32',
      threads: 1,
    },
    measuredAt: new Date().toISOString(),
    method: { description: 'test', ...visit, rounds: 5, quantile: 0.1, calibrationNetworks: 2, seed: 1 },
    overheadSamplesUs: timed.overheadSamplesUs,
    reference: { signature: reference, samplesUs: timed.referenceSamplesUs },
    parts: timed.parts,
    contexts: [timed.context],
  });
  expect(latencyTableSchema.parse(table)).toEqual(table);
  expect(table.networks).toHaveLength(1);
  expect(table.networks![0]!.latencyUs).toBeGreaterThan(table.overheadUs);
  const cost = costTable(planSupernet(space, { resolution: 16, classes: 50 }), new AdditiveLatencyModel(table));
  expect(cost.fixed).toBeGreaterThan(0);
  expect(cost.blocks.every((candidates) => candidates.some((us) => us > 0))).toBe(true);
});
