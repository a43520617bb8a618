/** @file Weights that one search keeps for others, which may go on from them only with the images they were trained on. */
import type { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { decodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';

/** @param refused the error where there are none at the key, or where they were trained on other images */
export async function readKeptWeights(
  store: ObjectStore,
  key: string,
  dataFingerprint: string,
  refused: { missing(): FastpathError; otherData(): FastpathError },
): Promise<Map<string, Tensor>> {
  const object = await store.get(key);
  if (object === null) throw refused.missing();
  const { tensors, metadata } = decodeSafetensors(object.bytes);
  if (metadata.dataFingerprint !== dataFingerprint) throw refused.otherData();
  return tensors;
}
