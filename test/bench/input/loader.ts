/** @file The loader that a search has, for training at ImageNet's size. */
import type { Loader } from '../../../batch/data/batches.ts';
import type { Feed } from '../../../batch/data/feed.ts';

export const resolution = 224;
export const batch = 64;

export function loaderOf(feed: Feed): Loader {
  const samples = feed.dataSet.train;
  return feed.loader({ samples, resolution, batchSize: batch, seed: 1, augment: true, streamName: 'bench' });
}

/** Takes so many batches and gives their memory back, as a search does. @param first of them, over all epochs */
export async function take(loader: Loader, first: number, batches: number): Promise<void> {
  const { batchesPerEpoch } = loader;
  for (let at = first; at < first + batches; at++) {
    const { images } = await loader.get(Math.floor(at / batchesPerEpoch), at % batchesPerEpoch);
    loader.recycle(images);
  }
}
