/** @file Reads one named checkpoint, trusting nothing that its hashes do not vouch for. */
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { decodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import {
  decodeJson,
  folderKey,
  manifestSchema,
  type Named,
  type StateFile,
  sha256,
  stateFileSchema,
} from './format.ts';

const damaged = (step: number, what: string): FastpathError =>
  new FastpathError('checkpoint.damaged', `the checkpoint of step ${step} is damaged: ${what}`);

/** A checkpoint whose manifest and state are verified; its tensors are fetched when asked for. */
export interface FoundCheckpoint {
  state: StateFile;
  /** @throws FastpathError `checkpoint.damaged` */
  readTensors(): Promise<Map<string, Tensor>>;
}

/** @throws FastpathError `checkpoint.damaged`; errors of the store itself pass through */
export async function findCheckpoint(store: ObjectStore, prefix: string, named: Named): Promise<FoundCheckpoint> {
  const { step, manifestSha256 } = named;
  const fetchFile = async (name: string, expectedSha256: string): Promise<Uint8Array> => {
    const object = await store.get(`${folderKey(prefix, named)}/${name}`);
    if (object === null) throw damaged(step, `${name} is missing`);
    if (sha256(object.bytes) !== expectedSha256) throw damaged(step, `${name} has other bytes than were written`);
    return object.bytes;
  };

  const manifest = decodeJson(await fetchFile('manifest.json', manifestSha256), manifestSchema);
  if (manifest?.step !== step) throw damaged(step, 'manifest.json does not describe it');
  const state = decodeJson(await fetchFile('state.json', manifest.files['state.json'].sha256), stateFileSchema);
  if (state?.step !== step) throw damaged(step, 'state.json does not belong to it');
  return {
    state,
    readTensors: async () => {
      const bytes = await fetchFile('tensors.safetensors', manifest.files['tensors.safetensors'].sha256);
      return decodeSafetensors(bytes).tensors;
    },
  };
}
