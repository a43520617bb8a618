/**
 * @file Webdataset shards: `train-*.tar[.gz]`, and held out `val-*` or, where there are none, `test-*`. What they hold
 * and how the classes are called is in the index beside them where they were packed with one, and no shard is read.
 * Otherwise each is read through once, and class names come from an optional `classes.txt`, one name a line; without it
 * they are the indices.
 */
import type { DataIndex } from '../contract/data-index.ts';
import { FastpathError } from '../errors.ts';
import type { ObjectEntry, ObjectStore } from '../store/object-store.ts';
import { checksumOf } from './checksum.ts';
import { checkAgainstIndex, classesKey, readDataIndex, readShardList } from './data-index.ts';
import type { DataSet } from './data-set.ts';
import { GrowingNumbers } from './growing.ts';
import { inOrder } from './in-order.ts';
import { range, SampleIndex } from './sample-index.ts';
import { type IndexedShard, indexShard } from './shard-index.ts';

/** Lists of samples fetched at once: each is small, and a bucket answers slowly. */
const listsAtOnce = 16;

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

/** Those of all splits, also of some that are not read. */
export async function allShards(store: ObjectStore): Promise<ObjectEntry[]> {
  return [...(await shardsOf(store, 'train')), ...(await shardsOf(store, 'val')), ...(await shardsOf(store, 'test'))];
}

async function classNames(store: ObjectStore, count: number): Promise<string[]> {
  const file = await store.get(classesKey);
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

/** What each of `shards` holds, in their order. */
function contents(
  store: ObjectStore,
  index: DataIndex | null,
  shards: readonly ObjectEntry[],
  cacheDirectory: string | null,
): AsyncIterable<IndexedShard> {
  if (index === null) return inOrder(shards, 1, (shard) => indexShard(store, shard, cacheDirectory));
  const entries = new Map(index.shards.map((entry) => [entry.key, entry]));
  return inOrder(shards, listsAtOnce, async ({ key }) => {
    return { samples: await readShardList(store, index, entries.get(key)!), store, key };
  });
}

/**
 * Opens shards.
 * @param train the training shards, from `shardsOf`
 * @param cacheDirectory local folder for what is known of shards without an index, and the unpacked images of .tar.gz ones, or null
 */
export async function openShards(
  store: ObjectStore,
  train: ObjectEntry[],
  cacheDirectory: string | null,
): Promise<DataSet> {
  const dataIndex = await readDataIndex(store);
  const [val, test] = [await shardsOf(store, 'val'), await shardsOf(store, 'test')];
  if (dataIndex !== null) await checkAgainstIndex(store, dataIndex, [...train, ...val, ...test]);
  const shards = [...train, ...(val.length > 0 ? val : test)];
  const index = new SampleIndex();
  const checksums = new GrowingNumbers(Uint32Array);
  const places: Pick<IndexedShard, 'store' | 'key'>[] = [];
  let trainCount = 0;
  let classCount = 0;
  for await (const { samples, ...place } of contents(store, dataIndex, shards, cacheDirectory)) {
    // The name leaves .gz out: the same samples packed otherwise have the same fingerprint.
    const source = index.addSource(`${shards[places.length]!.key.replace(/\.gz$/, '')}/`);
    places.push(place);
    const { names, offsets, sizes, labels, checksums: known } = samples;
    for (let i = 0; i < names.length; i++) {
      index.add({ source, name: names[i]!, offset: offsets[i]!, size: sizes[i]!, label: labels[i]! });
      if (known !== undefined) checksums.push(known[i]!);
      classCount = Math.max(classCount, labels[i]! + 1);
    }
    if (places.length === train.length) trainCount = index.length;
  }
  if (trainCount === 0) {
    throw new FastpathError('data.no-images', `The training shards in ${store.uri} hold no images: pack them again.`);
  }
  const classes = dataIndex?.classes.map(({ name }) => name) ?? (await classNames(store, classCount));
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
    async read(sample) {
      const place = places[index.sourceOf(sample)]!;
      const bytes = await place.store.getRange(place.key, index.offsetOf(sample), sizes[sample]!);
      if (dataIndex === null || checksumOf(bytes) === checksums.at(sample)) return bytes;
      throw new FastpathError(
        'data.checksum',
        `${index.nameOf(sample)} in ${store.uri} is damaged: its checksum is not the one of the index. ` +
          'See `fastpath dataset check`; bring the shard back, or pack the images again.',
      );
    },
  };
}
