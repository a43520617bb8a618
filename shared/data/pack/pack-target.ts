/** @file The place that shards are packed into: whose it is, and what of the work is done. */
import { type DataIndex, packingSchema, type ShardList, shardListSchema } from '../../contract/data-index.ts';
import { FastpathError } from '../../errors.ts';
import type { ObjectStore } from '../../store/object-store.ts';
import { checkAgainstIndex, listKey, packingKey, readDataIndex } from '../data-index.ts';
import { allShards } from '../shards.ts';

/**
 * Takes `target` for this packing: it has to be empty, or to hold what an earlier run of the same packing left.
 * @returns the index, where all is packed already
 * @throws FastpathError `pack.target` where other things lie there, and what `readDataIndex` and a shard that is not
 * the one of its index throw
 */
export async function takeTarget(target: ObjectStore, packing: string): Promise<DataIndex | null> {
  const begun = await target.get(packingKey);
  if (begun !== null) {
    if (begunPacking(begun.bytes) === packing) return null;
    throw occupied(target, 'holds a packing of other images, or with another seed or shard size, that has not ended');
  }
  const index = await readDataIndex(target);
  if (index !== null && index.packing !== packing) {
    throw occupied(target, 'is packed from other images, or with another seed or shard size');
  }
  if (index !== null) {
    await checkAgainstIndex(target, index, await allShards(target));
    return index;
  }
  for await (const { key } of target.list('')) throw occupied(target, `is not empty (${key})`);
  const packed = { format: 'fastpath.packing/1', packing };
  await target.put(packingKey, Buffer.from(JSON.stringify(packed)), { ifNoneMatch: '*' });
  return null;
}

/** The list of a shard's samples where an earlier run of this packing wrote the shard whole. */
export async function packedShard(target: ObjectStore, packing: string, key: string): Promise<ShardList | null> {
  const kept = await target.get(listKey(key));
  if (kept === null) return null;
  const list = shardListSchema.safeParse(json(kept.bytes));
  if (!list.success || list.data.packing !== packing) return null;
  for await (const entry of target.list(key)) if (entry.key === key && entry.size === list.data.bytes) return list.data;
  return null;
}

function begunPacking(bytes: Uint8Array): string | null {
  const packed = packingSchema.safeParse(json(bytes));
  return packed.success ? packed.data.packing : null;
}

function json(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return null;
  }
}

function occupied(target: ObjectStore, problem: string): FastpathError {
  return new FastpathError('pack.target', `${target.uri} ${problem}: choose another target, or empty this one.`);
}
