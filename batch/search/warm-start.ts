/**
 * @file The weights of a searched supernet, kept so that a later search on the same data can learn path logits for other
 * hardware on them. They outlive the checkpoints, which the training phase replaces by its own.
 */
import { FastpathError } from '../../shared/errors.ts';
import { supernetKey } from '../../shared/store/search-keys.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { JobContext } from '../run/context.ts';
import { loadWeights, readWeights, type Trainable } from '../run/saved-state.ts';
import { readKeptWeights } from './kept-weights.ts';

export async function saveSupernet(
  { store, prefix }: JobContext,
  supernet: Trainable,
  dataFingerprint: string,
): Promise<void> {
  const metadata = { format: 'fastpath.supernet/1', dataFingerprint };
  await store.put(supernetKey(prefix), encodeSafetensors(readWeights(supernet), metadata));
}

/**
 * @param key of the earlier search's supernet; it may hold candidates that this one lacks
 * @throws FastpathError `warm-start.missing`, `warm-start.other-data`, `warm-start.other-space`
 */
export async function loadSupernet(
  { store }: JobContext,
  key: string,
  supernet: Trainable,
  dataFingerprint: string,
): Promise<void> {
  const tensors = await readKeptWeights(store, key, dataFingerprint, {
    missing: () => {
      const message = `there are no supernet weights at ${key}: start from a search that has ended, or without one`;
      return new FastpathError('warm-start.missing', message);
    },
    otherData: () => {
      const message = `the supernet at ${key} was trained on other images: start from a search of the same data set`;
      return new FastpathError('warm-start.other-data', message);
    },
  });
  try {
    loadWeights(supernet, tensors);
  } catch (cause) {
    if (!(cause instanceof FastpathError && cause.code.startsWith('weights.'))) throw cause;
    const message = `the supernet at ${key} is of another search space (${cause.message}): use the same space and width`;
    throw new FastpathError('warm-start.other-space', message, { cause });
  }
}
