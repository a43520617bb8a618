/** @file Synthetic images, as few as a search can do with: 40 of each of ten classes, and 60 held out. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSynthetic } from '../../batch/data/synthetic.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';

/** Writes them as shards. @returns the folder */
export async function writeTinyImages(folder: string, seed = 1): Promise<string> {
  await writeSynthetic(new DirectoryStore(folder), { seed, train: 400, val: 60 });
  return folder;
}

/** The same images of `shards` as `train/CLASS/*.png` and `val/CLASS/*.png`. @returns the folder */
export async function writeClassFolders(shards: string, folder: string): Promise<string> {
  const images = await openDataSet(shards, { cacheDirectory: join(folder, '..', 'cache') });
  const store = new DirectoryStore(folder);
  for (const [split, samples] of [
    ['train', images.train],
    ['val', images.val],
  ] as const) {
    for (const sample of samples) {
      const name = String(sample).padStart(4, '0');
      await store.put(`${split}/${images.classes[images.labels[sample]!]}/${name}.png`, await images.read(sample));
    }
  }
  return folder;
}

/** Writes an architecture of the space that suits them. */
export async function writeTinyArchitecture(file: string): Promise<void> {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  const path = plan.blocks.map(() => 0);
  await writeFile(file, JSON.stringify(pathToArchitecture(plan, path)));
}
