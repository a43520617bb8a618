/**
 * @file What a warm-up leaves for the searches that share it: all that training had changed, momentum included, so that a
 * search goes on from there exactly as if it had warmed up itself.
 */
import { FastpathError } from '../../shared/errors.ts';
import { warmUpKey } from '../../shared/store/search-keys.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { JobContext } from '../run/context.ts';
import { readVariables, restoreVariables, type Trainable } from '../run/saved-state.ts';
import { readKeptWeights } from './kept-weights.ts';

export async function saveWarmUp(
  { store, prefix }: JobContext,
  supernet: Trainable,
  dataFingerprint: string,
): Promise<void> {
  const metadata = { format: 'fastpath.warm-up-weights/1', dataFingerprint };
  await store.put(warmUpKey(prefix), encodeSafetensors(readVariables(supernet), metadata));
}

/** @throws FastpathError `warm-up.missing`, `data.changed` */
export async function loadWarmUp(
  { store }: Pick<JobContext, 'store'>,
  key: string,
  supernet: Trainable,
  dataFingerprint: string,
): Promise<void> {
  const tensors = await readKeptWeights(store, key, dataFingerprint, {
    missing: () =>
      new FastpathError('warm-up.missing', `the warm-up left no weights at ${key}: order the searches again`),
    otherData: () => {
      const message = 'the images are not those of the warm-up any more: put them back, or order the searches again';
      return new FastpathError('data.changed', message);
    },
  });
  restoreVariables(supernet, tensors);
}
