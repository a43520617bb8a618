/** @file The images of the proof: CIFAR-10 or a share of it, and what proxies and random search are given of that. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DataSet } from '../../../shared/data/data-set.ts';
import { openDataSet } from '../../../shared/data/open-data.ts';
import { writeShard } from '../../../shared/data/write-shards.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { divideByClass, readSamples, searchData } from '../search-data.ts';
import type { Form } from './forms.ts';

/** Share of the training images that random search scores its networks on: as many as a search holds back. */
const heldOutShare = 0.1;

/** Folders of shards. */
export interface Images {
  /** to search and train on, and to test with */
  whole: string;
  /** a part of both */
  proxy: string;
  /** training images alone, some of them held out */
  selection: string;
  train: number;
  test: number;
  proxyTrain: number;
}

/** Written under `work` once. @throws Error that names the folder where CIFAR-10 is missing */
export async function openImages({ images, proxyShare }: Form, work: string): Promise<Images> {
  const whole = await searchData(images, work);
  const dataSet = await openDataSet(whole, { cacheDirectory: join(work, 'cache') });
  const perClass = dataSet.train.length / dataSet.classes.length;
  const proxyOf = (samples: Uint32Array) =>
    divideByClass(dataSet, samples, Math.round((proxyShare * samples.length) / dataSet.classes.length)).first;
  const proxy = proxyOf(dataSet.train);
  const selection = divideByClass(dataSet, dataSet.train, Math.round(heldOutShare * perClass));
  return {
    whole,
    proxy: await written(join(work, 'images-proxy'), dataSet, { train: proxy, test: proxyOf(dataSet.val) }),
    selection: await written(join(work, 'images-selection'), dataSet, {
      train: selection.rest,
      test: selection.first,
    }),
    train: dataSet.train.length,
    test: dataSet.val.length,
    proxyTrain: proxy.length,
  };
}

async function written(folder: string, dataSet: DataSet, splits: Record<'train' | 'test', number[]>): Promise<string> {
  const store = new DirectoryStore(folder);
  for (const [split, samples] of Object.entries(splits)) {
    const key = `${split}-0000.tar`;
    if (!existsSync(join(folder, key))) await writeShard(store, key, await readSamples(dataSet, samples));
  }
  return folder;
}
