/**
 * @file Which bytes of a webdataset shard hold which sample, where no index says so: the shard is read through once. A plain .tar is read by ranges of its
 * own bytes. A .tar.gz cannot be, so its images are laid end to end, still encoded, in a file beside the index in the
 * cache directory. Both are made once per version of a shard and kept, so that opening again reads no shard.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DirectoryStore } from '../store/directory.ts';
import type { ObjectEntry, ObjectStore } from '../store/object-store.ts';
import { isPacked, shardMembers } from './shard-members.ts';
import { cacheError, UnpackedImages } from './unpacked-images.ts';

const format = 'fastpath.shard-index/1';

/** One shard's samples, as parallel lists. */
export interface ShardSamples {
  names: string[];
  /** where each image starts, in bytes into the shard or the file of unpacked images */
  offsets: number[];
  sizes: number[];
  labels: number[];
  /** from `checksumOf`; where the data set was packed with an index */
  checksums?: number[];
}

interface ShardIndex extends ShardSamples {
  format: typeof format;
}

export interface IndexedShard {
  samples: ShardSamples;
  /** where the offsets point into */
  store: ObjectStore;
  key: string;
}

async function keptIndex(cache: DirectoryStore, key: string): Promise<ShardIndex | null> {
  const kept = await cache.get(key);
  if (kept === null) return null;
  const index = JSON.parse(Buffer.from(kept.bytes).toString()) as ShardIndex;
  return index.format === format ? index : null;
}

async function holdsBytes(path: string, index: ShardIndex): Promise<boolean> {
  const bytes = index.sizes.reduce((sum, size) => sum + size, 0);
  return stat(path).then(
    (stats) => stats.size === bytes,
    () => false,
  );
}

/** Makes or finds the index of a shard; throws `data.shard`, `data.label`, `data.cache`. */
export async function indexShard(
  store: ObjectStore,
  shard: ObjectEntry,
  cacheDirectory: string,
): Promise<IndexedShard> {
  const version = createHash('sha256').update([store.uri, shard.key, shard.size, shard.etag].join('\n')).digest('hex');
  const cache = new DirectoryStore(cacheDirectory);
  const indexKey = `shards/${version}.json`;
  const imagesKey = `shards/${version}.images`;
  const imagesPath = join(cacheDirectory, imagesKey);
  const packed = isPacked(shard.key);
  const place = packed ? { store: cache, key: imagesKey } : { store, key: shard.key };

  const kept = await keptIndex(cache, indexKey);
  if (kept !== null && (!packed || (await holdsBytes(imagesPath, kept)))) return { samples: kept, ...place };

  const index: ShardIndex = { format, names: [], offsets: [], sizes: [], labels: [] };
  const unpacked = packed ? await UnpackedImages.create(cacheDirectory) : null;
  try {
    for await (const member of shardMembers(store, shard.key, unpacked)) {
      index.names.push(member.name);
      index.offsets.push(member.offset);
      index.sizes.push(member.size);
      index.labels.push(member.label);
    }
    await unpacked?.moveTo(imagesPath);
  } finally {
    await unpacked?.discard();
  }
  await cache.put(indexKey, Buffer.from(JSON.stringify(index))).catch((cause: unknown) => {
    throw cacheError(cacheDirectory, cause);
  });
  return { samples: index, ...place };
}
