/** @file What a search decided, kept beside its supernet so that it can be pruned again without training. */
import { z } from 'zod';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { outcomeKey } from '../../shared/store/search-keys.ts';
import type { JobContext } from '../run/context.ts';
import { type SearchOutcome, searchOutcomeSchema } from './state.ts';

const outcomeFileSchema = z.strictObject({
  format: z.literal('fastpath.search-outcome/1'),
  dataFingerprint: z.string(),
  outcome: searchOutcomeSchema,
});

export interface KeptOutcome {
  outcome: SearchOutcome;
  dataFingerprint: string;
}

export async function keepOutcome(
  { store, prefix }: Pick<JobContext, 'store' | 'prefix'>,
  { outcome, dataFingerprint }: KeptOutcome,
): Promise<void> {
  const file = { format: 'fastpath.search-outcome/1', dataFingerprint, outcome };
  await store.put(outcomeKey(prefix), Buffer.from(`${JSON.stringify(file)}\n`));
}

/**
 * @param prefix of the search
 * @throws FastpathError `prune.no-outcome` where the search is not finished or its files were removed
 */
export async function readOutcome(store: ObjectStore, prefix: string): Promise<KeptOutcome> {
  const file = await store.get(outcomeKey(prefix));
  if (file === null) {
    const message = `${store.uri} holds no outcome of a search under ${prefix}: run the search again, to its end`;
    throw new FastpathError('prune.no-outcome', message);
  }
  const { outcome, dataFingerprint } = outcomeFileSchema.parse(JSON.parse(Buffer.from(file.bytes).toString()));
  return { outcome, dataFingerprint };
}
