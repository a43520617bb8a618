/** @file Real photographs as both sides read them: shards for ours, files in class folders for the peer. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openDataSet } from '../../../shared/data/open-data.ts';
import { writeShard } from '../../../shared/data/write-shards.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';

const dataRoot = resolve(import.meta.dirname, '../../..', process.env.FASTPATH_TEST_DATA ?? '../shared/data');

export interface Photographs {
  name: string;
  /** plain shards */
  shards: string;
  /** CLASS/FILE */
  files: string;
}

/** ImageNet's own files, one of each of 460 classes, packed into shards of 100 under `folder`. */
export async function imageNetSample(folder: string): Promise<Photographs> {
  const files = join(dataRoot, 'imagenet-sample/train');
  const shards = new DirectoryStore(join(folder, 'imagenet-sample'));
  const classes = (await readdir(files)).sort();
  const samples = await Promise.all(
    classes.map(async (name, label) => {
      const [file] = await readdir(join(files, name));
      return { key: name, ending: 'jpg', image: await readFile(join(files, name, file!)), label };
    }),
  );
  for (let at = 0; at < samples.length; at += 100) {
    await writeShard(shards, `train-${String(at / 100).padStart(4, '0')}.tar`, samples.slice(at, at + 100));
  }
  return { name: 'ImageNet photographs', shards: shards.uri, files };
}

/** 1,800 images of 224 × 224 pixels. */
export async function imagenette(folder: string): Promise<Photographs> {
  const dataSet = await openDataSet(join(dataRoot, 'imagenette224'), { cacheDirectory: join(folder, 'unpacked') });
  const shards = new DirectoryStore(join(folder, 'imagenette-shards'));
  const files = join(folder, 'imagenette-files');
  const samples = [];
  for (const sample of dataSet.train) {
    const [label, image] = [dataSet.labels[sample]!, await dataSet.read(sample)];
    await mkdir(join(files, String(label)), { recursive: true });
    await writeFile(join(files, String(label), `${sample}.jpg`), image);
    samples.push({ key: String(sample), ending: 'jpg', image, label });
  }
  await writeShard(shards, 'train-0000.tar', samples);
  return { name: 'images of 224 × 224', shards: shards.uri, files };
}
