/** @file What a finished search keeps so that it can be pruned again without training: its supernet and its outcome. */
import { z } from 'zod';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import type { JobContext } from '../run/context.ts';
import { readWeights } from '../run/saved-state.ts';
import type { Supernet } from '../supernet/supernet.ts';
import { decodeSafetensors, encodeSafetensors } from '../weights/safetensors.ts';
import type { Tensor } from '../weights/tensor.ts';
import { type SearchOutcome, searchOutcomeSchema } from './state.ts';

const outcomeFileSchema = z.strictObject({
  format: z.literal('fastpath.search-outcome/1'),
  dataFingerprint: z.string(),
  outcome: searchOutcomeSchema,
});

const weightsKey = (prefix: string) => `${prefix}/supernet/weights.safetensors`;
const outcomeKey = (prefix: string) => `${prefix}/supernet/outcome.json`;

export async function keepSupernet(
  { store, prefix }: Pick<JobContext, 'store' | 'prefix'>,
  kept: { supernet: Supernet; outcome: SearchOutcome; dataFingerprint: string },
): Promise<void> {
  const { supernet, outcome, dataFingerprint } = kept;
  await store.put(weightsKey(prefix), encodeSafetensors(readWeights(supernet), {}));
  const file = { format: 'fastpath.search-outcome/1', dataFingerprint, outcome };
  await store.put(outcomeKey(prefix), Buffer.from(`${JSON.stringify(file)}\n`));
}

/**
 * @param prefix of the search
 * @throws FastpathError `prune.no-supernet` where the search is not finished or its files were removed
 */
export async function readSupernet(
  store: ObjectStore,
  prefix: string,
): Promise<{ outcome: SearchOutcome; dataFingerprint: string; tensors: Map<string, Tensor> }> {
  const file = await store.get(outcomeKey(prefix));
  const weights = await store.get(weightsKey(prefix));
  if (file === null || weights === null) {
    const message = `${store.uri} holds no supernet under ${prefix}: run the search again, to its end`;
    throw new FastpathError('prune.no-supernet', message);
  }
  const { outcome, dataFingerprint } = outcomeFileSchema.parse(JSON.parse(Buffer.from(file.bytes).toString()));
  return { outcome, dataFingerprint, tensors: decodeSafetensors(weights.bytes).tensors };
}
