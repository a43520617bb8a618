/**
 * @file Which bytes of a webdataset shard hold which sample, where no index says so: the shard is read through once. A
 * plain .tar is read by ranges of its own bytes. A .tar.gz cannot be, so its images are laid end to end, still encoded,
 * in a file beside the index in the cache directory. Where there is one, both are made once per version of a shard and
 * kept, so that opening again reads no shard.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { FastpathError } from '../errors.ts';
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
  cacheDirectory: string | null,
): Promise<IndexedShard> {
  const { key } = shard;
  if (cacheDirectory !== null) return indexInCache(store, shard, cacheDirectory);
  if (!isPacked(key)) return { samples: await readThrough(store, key, null), store, key };
  throw new FastpathError(
    'data.cache',
    `${key} in ${store.uri} is compressed, and has to be unpacked to be read: set FASTPATH_CACHE to a folder with room ` +
      'for its images, or store the shards as plain .tar (`fastpath dataset pack` makes them).',
  );
}

async function indexInCache(store: ObjectStore, shard: ObjectEntry, cacheDirectory: string): Promise<IndexedShard> {
  const version = createHash('sha256').update([store.uri, shard.key, shard.size, shard.etag].join('\n')).digest('hex');
  const cache = new DirectoryStore(cacheDirectory);
  const indexKey = `shards/${version}.json`;
  const imagesKey = `shards/${version}.images`;
  const imagesPath = join(cacheDirectory, imagesKey);
  const packed = isPacked(shard.key);
  const place = packed ? { store: cache, key: imagesKey } : { store, key: shard.key };

  const kept = await keptIndex(cache, indexKey);
  if (kept !== null && (!packed || (await holdsBytes(imagesPath, kept)))) return { samples: kept, ...place };

  let samples: ShardSamples;
  const unpacked = packed ? await UnpackedImages.create(cacheDirectory) : null;
  try {
    samples = await readThrough(store, shard.key, unpacked);
    await unpacked?.moveTo(imagesPath);
  } finally {
    await unpacked?.discard();
  }
  const index: ShardIndex = { format, ...samples };
  await cache.put(indexKey, Buffer.from(JSON.stringify(index))).catch((cause: unknown) => {
    throw cacheError(cacheDirectory, cause);
  });
  return { samples, ...place };
}

async function readThrough(store: ObjectStore, key: string, unpacked: UnpackedImages | null): Promise<ShardSamples> {
  const samples: ShardSamples = { names: [], offsets: [], sizes: [], labels: [] };
  for await (const member of shardMembers(store, key, unpacked)) {
    samples.names.push(member.name);
    samples.offsets.push(member.offset);
    samples.sizes.push(member.size);
    samples.labels.push(member.label);
  }
  return samples;
}
