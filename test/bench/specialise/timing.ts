/** @file Whole networks timed on one device in turn: what changes on the machine meets all of them alike. */
import { z } from 'zod';
import { openRunner } from '../../../functions/local/measure/open-runner.ts';
import { whilePinned } from '../../../functions/local/measure/processors.ts';
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { timeQuantile, visits } from '../../../shared/latency/measuring/method.ts';
import { networkKey } from '../../../shared/latency/measuring/schedule.ts';
import { partsOf } from '../../../shared/latency/part.ts';
import { median, quantile } from '../../../shared/latency/statistics.ts';
import { Random } from '../../../shared/random.ts';
import type { Device } from './devices.ts';
import type { Form } from './forms.ts';
import { steadiest } from './steadiest.ts';

export const timingSchema = z.strictObject({
  /** by architecture id: the shortest visit of each batch, milliseconds, as `fastpath measure` takes the shortest of all */
  batchesMs: z.record(z.string(), z.array(z.number().positive()).min(1)),
  /** how far the networks' times of a batch lie from their medians over batches: in the middle network, in the worst batch */
  drift: z.number(),
});

export type Timing = z.infer<typeof timingSchema>;

/**
 * In each round every network is visited once, in an order shuffled anew. Each batch loads the networks into a runtime of
 * its own, so that batches differ by all that one start differs from another.
 */
export function timeInTurn(
  device: Device,
  architectures: readonly Architecture[],
  form: Form['timing'],
): Promise<Timing> {
  return steadiest(
    () => timeOnce(device, architectures, form),
    ({ drift }) => drift,
  );
}

async function timeOnce(
  { runtime, threads }: Device,
  architectures: readonly Architecture[],
  { batches, rounds }: Form['timing'],
): Promise<Timing> {
  const distinct = [...new Map(architectures.map((each) => [architectureId(each), each]))];
  const networks = distinct.map(([id, architecture], i) => ({ id, key: networkKey(i), parts: partsOf(architecture) }));
  const random = Random.named(0, 'timing');
  const batchesMs: Timing['batchesMs'] = Object.fromEntries(networks.map(({ id }) => [id, []]));
  await whilePinned(threads, async () => {
    for (let batch = 0; batch < batches; batch++) {
      const runner = await openRunner({ runtime, threads });
      try {
        await runner.load(networks.map(({ key, parts }) => ({ key, parts })));
        const samplesUs = networks.map((): number[] => []);
        for (let round = 0; round < rounds; round++) {
          for (const i of random.shuffle(networks.map((_, index) => index))) {
            samplesUs[i]!.push(await runner.visit(networks[i]!.key, visits.networks));
          }
        }
        for (const [i, { id }] of networks.entries()) batchesMs[id]!.push(quantile(samplesUs[i]!, timeQuantile) / 1000);
      } finally {
        await runner.close();
      }
    }
  });
  return { batchesMs, drift: driftOf(Object.values(batchesMs)) };
}

function driftOf(batchesMs: readonly (readonly number[])[]): number {
  const ratios = batchesMs.map((batches) => batches.map((ms) => ms / median(batches)));
  const byBatch = ratios[0]!.map((_, batch) => median(ratios.map((each) => each[batch]!)));
  return Math.max(...byBatch.map((ratio) => Math.abs(ratio - 1)));
}

/** @throws Error where it was not timed there */
export function batchesOf({ batchesMs }: Timing, architecture: Architecture): number[] {
  const batches = batchesMs[architectureId(architecture)];
  if (batches === undefined) throw new Error(`${architectureId(architecture)} was not timed: remove the timings`);
  return batches;
}
