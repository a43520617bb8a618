/**
 * @file Packs a data set into webdataset shards with an index. Which image goes where is planned from names, sizes and
 * seed alone; a shard is written whole or not at all, its list of samples after it, and the index last: so packing can
 * be killed at any instant, goes on where it was, and ends with the same bytes.
 */
import type { DataIndex, LeftOut, ShardEntry, ShardList } from '../../contract/data-index.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { classesKey, classesText, indexKey, listKey, packingKey, sha256Of } from '../data-index.ts';
import type { DataSet } from '../data-set.ts';
import { inOrder } from '../in-order.ts';
import { type ShardSample, writeShard } from '../write-shards.ts';
import { endingOf, loadImage } from './load-image.ts';
import { type PackProgress, ProgressCount } from './pack-progress.ts';
import { packedShard, takeTarget } from './pack-target.ts';
import { type PlannedShard, type PlanOptions, planShards } from './plan-shards.ts';

/** Images read and decoded at once: a bucket answers slowly, and each is small. */
const imagesAtOnce = 16;

export interface PackOptions extends PlanOptions {
  /** where it aborts, packing ends with its reason; the same call goes on later */
  signal?: AbortSignal;
  /** called with each image and shard */
  onProgress?: (progress: PackProgress) => void;
}

export interface Packed {
  index: DataIndex;
  /** by this call; the others were there */
  shardsWritten: number;
}

/**
 * Packs every image of `source` that can be decoded; the others are left out and named in the index. Holds a few images
 * and the names and sizes of all in memory, and nothing on this machine's disk.
 * @throws FastpathError `pack.target` where the target holds something else, `data.changed`, `data.unreadable`,
 * `data.too-many-skipped` where more than 10 and more than 1 % of the images cannot be decoded
 */
export async function packDataSet(source: DataSet, target: ObjectStore, options: PackOptions): Promise<Packed> {
  const { seed, shardBytes } = options;
  const packing = sha256Of(JSON.stringify({ fingerprint: source.fingerprint, seed, shardBytes }));
  const done = await takeTarget(target, packing);
  if (done !== null) return { index: done, shardsWritten: 0 };
  const plan = planShards(source, options);
  const progress = new ProgressCount(source, plan, options.onProgress ?? (() => undefined));
  const classes = source.classes.map((name) => ({ name, train: 0, val: 0 }));
  const shards: ShardEntry[] = [];
  let shardsWritten = 0;
  for (const shard of plan) {
    let list = await packedShard(target, packing, shard.key);
    if (list !== null) progress.addEarlier(shard, list.leftOut);
    else {
      list = { packing, ...(await packShard(source, target, shard, progress, options.signal)) };
      await target.put(listKey(shard.key), Buffer.from(textOf(list)));
      progress.addShard();
      shardsWritten++;
    }
    for (const label of list.labels) classes[label]![shard.split]++;
    const { bytes, sha256, names } = list;
    shards.push({ key: shard.key, samples: names.length, bytes, sha256, listSha256: sha256Of(textOf(list)) });
  }
  const index: DataIndex = { format: 'fastpath.data-index/1', packing, classes, shards, leftOut: progress.leftOut };
  await target.put(classesKey, Buffer.from(classesText(source.classes)));
  await target.put(indexKey, Buffer.from(`${JSON.stringify(index)}\n`));
  await target.delete(packingKey);
  return { index, shardsWritten };
}

async function packShard(
  source: DataSet,
  target: ObjectStore,
  shard: PlannedShard,
  progress: ProgressCount,
  signal: AbortSignal | undefined,
): Promise<Omit<ShardList, 'packing'>> {
  const leftOut: LeftOut[] = [];
  async function* samples(): AsyncIterable<ShardSample> {
    const images = inOrder(shard.samples, imagesAtOnce, (sample) => loadImage(source, sample));
    for await (const { sample, bytes, problem } of images) {
      signal?.throwIfAborted();
      progress.addImage(bytes.length);
      const name = source.nameOf(sample);
      if (problem === null) {
        const key = String(sample).padStart(8, '0');
        yield { key, ending: endingOf(name), image: bytes, label: source.labels[sample]! };
      } else {
        leftOut.push({ name, reason: problem });
        progress.leaveOut({ name, reason: problem });
      }
    }
  }
  return { format: 'fastpath.shard-list/1', ...(await writeShard(target, shard.key, samples())), leftOut };
}

/** The same text for a list that was read again. */
function textOf({
  format,
  packing,
  bytes,
  sha256,
  names,
  offsets,
  sizes,
  labels,
  checksums,
  leftOut,
}: ShardList): string {
  return JSON.stringify({ format, packing, bytes, sha256, names, offsets, sizes, labels, checksums, leftOut });
}
