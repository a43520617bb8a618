/** @file The images of the search benchmark: CIFAR-10 shards, or a class-balanced share of them. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { DataSet } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { type ShardSample, writeShard } from '../../shared/data/write-shards.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { Form } from './search-forms.ts';

const root = resolve(import.meta.dirname, '../..');

/**
 * The folder of shards to search on; a share is written under `work` once.
 * @throws Error that names the folder where CIFAR-10 is missing
 */
export async function searchData(images: Form['images'], work: string): Promise<string> {
  const whole = join(resolve(root, process.env.FASTPATH_TEST_DATA ?? '../shared/data'), 'cifar10');
  if (!existsSync(whole)) {
    throw new Error(
      `${whole} is missing: put the CIFAR-10 shards there or set FASTPATH_TEST_DATA to the folder around it`,
    );
  }
  if (images === null) return whole;
  const folder = join(work, `cifar10-${images.train}-${images.test}`);
  const store = new DirectoryStore(folder);
  const dataSet = await openDataSet(whole, { cacheDirectory: join(work, 'cache') });
  for (const [split, samples, count] of [
    ['train', dataSet.train, images.train],
    ['test', dataSet.val, images.test],
  ] as const) {
    const key = `${split}-0000.tar`;
    if (!existsSync(join(folder, key))) await writeShard(store, key, await readShare(dataSet, samples, count));
  }
  return folder;
}

/** The first `count / classes` samples of each class; the shards hold them in random order. */
async function readShare(dataSet: DataSet, samples: Uint32Array, count: number): Promise<ShardSample[]> {
  return readSamples(dataSet, divideByClass(dataSet, samples, count / dataSet.classes.length).first);
}

/** The first `perClass` samples of each class, and all others. */
export function divideByClass(
  { classes, labels }: Pick<DataSet, 'classes' | 'labels'>,
  samples: Uint32Array,
  perClass: number,
): { first: number[]; rest: number[] } {
  const taken = classes.map(() => 0);
  const first: number[] = [];
  const rest: number[] = [];
  for (const sample of samples) {
    const label = labels[sample]!;
    if (taken[label]! >= perClass) rest.push(sample);
    else {
      taken[label]!++;
      first.push(sample);
    }
  }
  return { first, rest };
}

export async function readSamples(dataSet: DataSet, samples: readonly number[]): Promise<ShardSample[]> {
  const read: ShardSample[] = [];
  for (const sample of samples) {
    read.push({
      key: String(sample),
      ending: 'jpg',
      image: await dataSet.read(sample),
      label: dataSet.labels[sample]!,
    });
  }
  return read;
}
