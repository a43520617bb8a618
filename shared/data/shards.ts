/**
 * @file Webdataset shards: `train-*.tar[.gz]`, and held out `val-*` or, where there are none, `test-*`. Class names come
 * from an optional `classes.txt` beside the shards, one name a line; without it they are the indices.
 */
import { FastpathError } from '../errors.ts';
import type { ObjectEntry, ObjectStore } from '../store/object-store.ts';
import type { DataSet } from './data-set.ts';
import { range, SampleIndex } from './sample-index.ts';
import { type IndexedShard, indexShard } from './shard-index.ts';

/** The shards of one split, in order of their names; the same shard packed and plain is taken once, plain. */
export async function shardsOf(store: ObjectStore, split: 'train' | 'val' | 'test'): Promise<ObjectEntry[]> {
  const shards = new Map<string, ObjectEntry>();
  for await (const entry of store.list(`${split}-`)) {
    if (!/^[^/]*\.tar(\.gz)?$/.test(entry.key)) continue;
    const plain = entry.key.replace(/\.gz$/, '');
    if (entry.key === plain || !shards.has(plain)) shards.set(plain, entry);
  }
  return [...shards.keys()].sort().map((key) => shards.get(key)!);
}

async function classNames(store: ObjectStore, count: number): Promise<string[]> {
  const file = await store.get('classes.txt');
  if (file === null) return Array.from({ length: count }, (_, i) => String(i));
  const names = Buffer.from(file.bytes)
    .toString()
    .split(/\r?\n/)
    .map((line) => line.trim());
  while (names.at(-1) === '') names.pop();
  if (names.length >= count) return names;
  throw new FastpathError(
    'data.label',
    `classes.txt in ${store.uri} names ${names.length} classes, but the shards hold class index ${count - 1}: add the missing names.`,
  );
}

/**
 * Opens shards.
 * @param train the training shards, from `shardsOf`
 * @param cacheDirectory local folder for the shards' indices and the unpacked images of .tar.gz shards
 */
export async function openShards(store: ObjectStore, train: ObjectEntry[], cacheDirectory: string): Promise<DataSet> {
  const val = await shardsOf(store, 'val');
  const heldOut = val.length > 0 ? val : await shardsOf(store, 'test');
  const index = new SampleIndex();
  const places: IndexedShard['store'][] = [];
  const keys: string[] = [];
  let trainCount = 0;
  let classCount = 0;
  for (const shard of [...train, ...heldOut]) {
    if (shard === heldOut[0]) trainCount = index.length;
    const { index: one, store: place, key } = await indexShard(store, shard, cacheDirectory);
    // The name leaves .gz out: the same samples packed otherwise have the same fingerprint.
    const source = index.addSource(`${shard.key.replace(/\.gz$/, '')}/`);
    places.push(place);
    keys.push(key);
    for (let i = 0; i < one.names.length; i++) {
      const label = one.labels[i]!;
      index.add({ source, name: one.names[i]!, offset: one.offsets[i]!, size: one.sizes[i]!, label });
      classCount = Math.max(classCount, label + 1);
    }
  }
  if (heldOut.length === 0) trainCount = index.length;
  if (trainCount === 0) {
    throw new FastpathError('data.no-images', `The training shards in ${store.uri} hold no images: pack them again.`);
  }
  const classes = await classNames(store, classCount);
  const { sizes, labels } = index.finish();
  return {
    uri: store.uri,
    kind: 'shards',
    classes,
    labels,
    sizes,
    train: range(0, trainCount),
    val: range(trainCount, index.length),
    fingerprint: index.fingerprint(classes, trainCount),
    nameOf: (sample) => index.nameOf(sample),
    read(sample) {
      const source = index.sourceOf(sample);
      return places[source]!.getRange(keys[source]!, index.offsetOf(sample), sizes[sample]!);
    },
  };
}
