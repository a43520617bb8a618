/** @file What a job took until now, for the record. */
import { type Cost, costSchema } from '../../shared/contract/cost.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { resultKey } from '../../shared/store/search-keys.ts';
import type { JobContext } from './context.ts';

/** @param secondsBefore of other jobs that this one goes on from */
export function costOf(
  { limit }: Pick<JobContext, 'limit'>,
  pricePerHourUsd: number | undefined,
  secondsBefore = 0,
): Cost {
  const computeSeconds = Math.round(10 * (secondsBefore + limit.usedSeconds)) / 10;
  return { format: 'fastpath.cost/1', computeSeconds, pricePerHourUsd: pricePerHourUsd ?? null };
}

/** What the job at `prefix` took; 0 where it left no record. */
export async function secondsOf(store: ObjectStore, prefix: string): Promise<number> {
  const object = await store.get(resultKey(prefix, 'cost.json'));
  return object === null ? 0 : costSchema.parse(JSON.parse(Buffer.from(object.bytes).toString())).computeSeconds;
}
