/**
 * @file Checkpoints that survive being killed at any instant, damage to what was stored, and a second process that
 * believes it is still running: written whole, then named by one conditional write, and read only when every byte is
 * the one that was written.
 */
import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { encodeSafetensors } from '../../shared/weights/safetensors.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import {
  decodeJson,
  encodeJson,
  folderKey,
  type Manifest,
  type Named,
  ownerOf,
  type Pointer,
  pointerKey,
  pointerSchema,
  type StateFile,
  sha256,
} from './format.ts';
import { findCheckpoint } from './read-checkpoint.ts';

export interface Checkpoint<State> {
  /** work done so far; never goes down from one save to the next */
  step: number;
  /** a JSON value: what it takes, beside the tensors, to go on */
  state: State;
  tensors: ReadonlyMap<string, Tensor>;
}

export interface LoadedCheckpoint<State> extends Checkpoint<State> {
  tensors: Map<string, Tensor>;
  /** one line for each newer checkpoint that had to be passed over */
  warnings: string[];
}

export interface CheckpointStoreOptions<State> {
  store: ObjectStore;
  /** key prefix of the run, without a slash at the end */
  prefix: string;
  /** a checkpoint of another spec or other data is refused */
  specSha256: string;
  dataFingerprint: string;
  /** what `state` must look like, after JSON */
  stateSchema: z.ZodType<State>;
}

interface Position {
  /** of latest.json when we last read or wrote it; null when it was absent */
  pointerEtag: string | null;
  /** what latest.json names */
  named: Named[];
  /** the newest checkpoint known to be whole */
  good: Named | null;
}

export class CheckpointStore<State> {
  private readonly writer = randomUUID();
  private position: Position | null = null;

  constructor(private readonly options: CheckpointStoreOptions<State>) {}

  /**
   * The newest checkpoint that is whole, or null when the run has none yet. Call it before the first `save`: it also
   * notes which pointer this process may move.
   * @throws FastpathError `checkpoint.spec-changed`, `checkpoint.data-changed`, `checkpoint.state-invalid`, or
   * `checkpoint.damaged` when there are checkpoints and none is whole
   */
  async load(): Promise<LoadedCheckpoint<State> | null> {
    const { store, prefix } = this.options;
    const object = await store.get(pointerKey(prefix));
    const pointer = object && decodeJson(object.bytes, pointerSchema);
    const position: Position = { pointerEtag: object?.etag ?? null, named: pointer?.checkpoints ?? [], good: null };
    const warnings: string[] = [];
    for (const named of pointer ? pointer.checkpoints : await this.listNewestFirst()) {
      try {
        const loaded = await this.read(named);
        this.position = { ...position, good: named };
        return { ...loaded, warnings };
      } catch (error) {
        if (!(error instanceof FastpathError && error.code === 'checkpoint.damaged')) throw error;
        warnings.push(error.message);
      }
    }
    if (pointer || warnings.length > 0)
      throw new FastpathError(
        'checkpoint.damaged',
        `no checkpoint under ${prefix} is whole (${warnings.join('; ')}); delete ${prefix}/checkpoints to start over`,
      );
    this.position = position;
    return null;
  }

  /**
   * Writes a checkpoint and makes it the latest; returns when it is safe. The two newest are kept. After an error the
   * previous checkpoint still stands (or this one, when only the clearing away of older ones failed).
   * @throws FastpathError `checkpoint.superseded` when another process has saved since we loaded
   */
  async save({ step, state, tensors }: Checkpoint<State>): Promise<void> {
    const { store, prefix, specSha256, dataFingerprint, stateSchema } = this.options;
    if (!this.position) throw new FastpathError('checkpoint.not-loaded', 'call load() before save()');
    const { good } = this.position;
    if (good && step < good.step)
      throw new FastpathError('checkpoint.order', `step ${step} is before the checkpoint of step ${good.step}`);
    const stateFile: StateFile = { format: 'fastpath.checkpoint-state/1', step, specSha256, dataFingerprint, state };
    const stateBytes = encodeJson(stateFile);
    // What JSON cannot hold (NaN, say) must fail now, not when the run is resumed.
    this.parseState(JSON.parse(new TextDecoder().decode(stateBytes)).state, stateSchema, step);
    const tensorBytes = encodeSafetensors(tensors, {});
    const manifest: Manifest = {
      format: 'fastpath.checkpoint/1',
      step,
      files: {
        'tensors.safetensors': { bytes: tensorBytes.length, sha256: sha256(tensorBytes) },
        'state.json': { bytes: stateBytes.length, sha256: sha256(stateBytes) },
      },
    };
    const manifestBytes = encodeJson(manifest);
    const named: Named = { step, manifestSha256: sha256(manifestBytes) };
    if (good && named.step === good.step && named.manifestSha256 === good.manifestSha256) return;

    const folder = folderKey(prefix, named);
    await store.put(`${folder}/tensors.safetensors`, tensorBytes);
    await store.put(`${folder}/state.json`, stateBytes);
    await store.put(`${folder}/manifest.json`, manifestBytes);
    const kept = good ? [named, good] : [named];
    const replaced = this.position.named;
    const pointerEtag = await this.movePointer(kept, this.position.pointerEtag);
    this.position = { pointerEtag, named: kept, good: named };
    await this.removeAllBut(kept, replaced);
  }

  private async read(named: Named): Promise<Checkpoint<State> & { tensors: Map<string, Tensor> }> {
    const { store, prefix, specSha256, dataFingerprint, stateSchema } = this.options;
    const found = await findCheckpoint(store, prefix, named);
    const startOver = `or delete ${prefix}/checkpoints to start over`;
    if (found.state.specSha256 !== specSha256)
      throw new FastpathError(
        'checkpoint.spec-changed',
        `the checkpoint of step ${named.step} under ${prefix} was made with other settings; go on with those, ${startOver}`,
      );
    if (found.state.dataFingerprint !== dataFingerprint)
      throw new FastpathError(
        'checkpoint.data-changed',
        `the data set changed since the checkpoint of step ${named.step} under ${prefix}; put it back, ${startOver}`,
      );
    const state = this.parseState(found.state.state, stateSchema, named.step);
    return { step: named.step, state, tensors: await found.readTensors() };
  }

  private parseState(value: unknown, schema: z.ZodType<State>, step: number): State {
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0]!;
    throw new FastpathError(
      'checkpoint.state-invalid',
      `the state of step ${step} does not fit this version of the program at ${issue.path.join('.') || 'its root'}: ` +
        `${issue.message}; go on with the version that wrote it, or delete ${this.options.prefix}/checkpoints`,
    );
  }

  /** Returns the pointer's new etag. */
  private async movePointer(checkpoints: Named[], etag: string | null): Promise<string> {
    const { store, prefix } = this.options;
    const key = pointerKey(prefix);
    const pointer: Pointer = { format: 'fastpath.checkpoints/1', writer: this.writer, checkpoints };
    const bytes = encodeJson(pointer);
    try {
      return (await store.put(key, bytes, etag === null ? { ifNoneMatch: '*' } : { ifMatch: etag })).etag;
    } catch (error) {
      if (!(error instanceof FastpathError && error.code === 'store.precondition')) throw error;
      // Our own write may have arrived although its answer was lost, and the retry then met it.
      const now = await store.get(key);
      if (now && sha256(now.bytes) === sha256(bytes)) return now.etag;
      throw new FastpathError(
        'checkpoint.superseded',
        `another process has taken over the run under ${prefix}; this one stops so that it overwrites nothing`,
        { cause: error },
      );
    }
  }

  private async listNewestFirst(): Promise<Named[]> {
    const { store, prefix } = this.options;
    const found: Named[] = [];
    for await (const { key } of store.list(`${prefix}/checkpoints/`)) {
      const owner = key.endsWith('/manifest.json') ? ownerOf(prefix, key) : null;
      if (owner) found.push(owner);
    }
    return found.sort((a, b) => b.step - a.step);
  }

  /**
   * Deletes what the new pointer left behind: what it replaced, and anything older than what it keeps. Newer folders
   * stay: were we already superseded, they would be another process's.
   */
  private async removeAllBut(kept: Named[], replaced: Named[]): Promise<void> {
    const { store, prefix } = this.options;
    const folders = (list: Named[]) => new Set(list.map((named) => folderKey(prefix, named)));
    const keptFolders = folders(kept);
    const replacedFolders = folders(replaced);
    const oldest = Math.min(...kept.map(({ step }) => step));
    const left: string[] = [];
    for await (const { key } of store.list(`${prefix}/checkpoints/`)) {
      const owner = ownerOf(prefix, key);
      if (!owner || keptFolders.has(folderKey(prefix, owner))) continue;
      if (owner.step < oldest || replacedFolders.has(folderKey(prefix, owner))) left.push(key);
    }
    for (const key of left) await store.delete(key);
  }
}
