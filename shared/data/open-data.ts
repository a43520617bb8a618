/** @file Opens a data set of either layout and says plainly what is wrong with one that cannot be used. */
import { stat } from 'node:fs/promises';
import { FastpathError } from '../errors.ts';
import { DirectoryStore } from '../store/directory.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { openStore, type S3Location } from '../store/open.ts';
import { checkPackedWhole } from './data-index.ts';
import type { DataSet } from './data-set.ts';
import { openFolder } from './folder.ts';
import { openShards, shardsOf } from './shards.ts';

export interface OpenDataOptions extends S3Location {
  /**
   * local folder for what is known of shards without an index, and the unpacked images of .tar.gz ones; may be deleted
   * between runs. Null: nothing is written, and there is no reading of .tar.gz shards
   */
  cacheDirectory: string | null;
}

/** Throws `data.missing`, `data.empty`. */
export async function checkThere(store: ObjectStore): Promise<void> {
  if (store instanceof DirectoryStore) {
    const stats = await stat(store.uri).catch(() => null);
    if (stats === null)
      throw new FastpathError('data.missing', `There is no data folder ${store.uri}: check the path.`);
    if (!stats.isDirectory()) {
      throw new FastpathError('data.missing', `${store.uri} is a file: give the folder of classes or shards.`);
    }
  }
  for await (const _ of store.list('')) return;
  throw new FastpathError(
    'data.empty',
    `${store.uri} is empty: it needs class folders of images or train-*.tar shards.`,
  );
}

/** What the store says where the fault lies with the data set: its owner moved it, closed it, or changed it. */
const dataFaults: Readonly<Record<string, string>> = {
  'store.no-bucket': 'data.no-bucket',
  'store.region': 'data.region',
  'store.denied': 'data.denied',
  'store.missing': 'data.changed',
  'store.range': 'data.changed',
};

function asDataFault(error: unknown): never {
  const code = error instanceof FastpathError ? dataFaults[error.code] : undefined;
  throw code === undefined ? error : new FastpathError(code, (error as FastpathError).message, { cause: error });
}

/**
 * Opens `s3://bucket/prefix` or a directory: webdataset shards where there is a `train-*.tar[.gz]` at the top, class
 * folders otherwise. Only names, sizes and classes are held in memory.
 * Throws `data.missing`, `data.empty`, `data.no-images`, `data.layout`, `data.one-class`, `data.shard`, `data.label`,
 * in a bucket `data.no-bucket`, `data.region`, `data.denied`, and where the shards have an index `data.unfinished`, `data.index`, `data.index-old`, `data.classes`.
 */
export async function openDataSet(uri: string, options: OpenDataOptions): Promise<DataSet> {
  const { cacheDirectory, ...location } = options;
  const store = await openStore(uri, location);
  const dataSet = await openIn(store, cacheDirectory).catch(asDataFault);
  return { ...dataSet, read: (sample) => dataSet.read(sample).catch(asDataFault) };
}

async function openIn(store: ObjectStore, cacheDirectory: string | null): Promise<DataSet> {
  await checkThere(store);
  await checkPackedWhole(store);
  const train = await shardsOf(store, 'train');
  const dataSet = train.length > 0 ? await openShards(store, train, cacheDirectory) : await openFolder(store);
  const first = dataSet.labels[0];
  if (dataSet.labels.every((label) => label === first)) {
    throw new FastpathError(
      'data.one-class',
      `All images in ${dataSet.uri} are of one class (${dataSet.classes[first!]}): a classifier needs at least two.`,
    );
  }
  return dataSet;
}
