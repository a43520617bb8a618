/** @file Images that an export is checked on: real ones where there are any, seeded noise otherwise. */
import type { DataSetFacts } from '../../shared/data/data-set.ts';
import { Random } from '../../shared/random.ts';
import type { BatchOptions } from '../data/batch-maker.ts';
import type { Loader } from '../data/batches.ts';

export interface Images {
  /** [count, resolution, resolution, 3], normalised */
  pixels: Float32Array;
  count: number;
  resolution: number;
  /** [count] class indices; null for noise */
  labels: Int32Array | null;
  /** what they are, for people */
  source: string;
}

/** Numbers that are distributed as normalised images are. */
export function noiseImages(resolution: number, count: number): Images {
  const random = Random.named(0, 'export-check');
  const pixels = Float32Array.from({ length: count * resolution * resolution * 3 }, () => random.normal());
  return { pixels, count, resolution, labels: null, source: 'images of seeded noise' };
}

/** Where images come from: a data set, and what opens a loader of it. */
export interface ImageSource {
  dataSet: DataSetFacts;
  loader(options: BatchOptions): Loader;
}

/**
 * So many images of one split, spread evenly over it.
 * @throws FastpathError `data.…` where they cannot be read
 */
export async function dataSetImages(
  source: ImageSource,
  split: 'train' | 'val',
  resolution: number,
  count: number,
): Promise<Images> {
  const { dataSet } = source;
  const all = dataSet[split];
  const taken = Math.min(count, all.length);
  const samples = Uint32Array.from({ length: taken }, (_, i) => all[Math.floor((i * all.length) / taken)]!);
  const loader = source.loader({
    samples,
    resolution,
    batchSize: taken,
    seed: 0,
    augment: false,
    shuffle: false,
    streamName: 'export',
  });
  try {
    const { images, labels } = await loader.get(0, 0);
    const kind = split === 'train' ? 'training' : 'test';
    return { pixels: images, count: taken, resolution, labels, source: `${kind} images of ${dataSet.uri}` };
  } finally {
    await loader.close();
  }
}

/** The first ones of them. */
export function firstImages(images: Images, count: number): Images {
  const taken = Math.min(count, images.count);
  const each = images.pixels.length / images.count;
  return {
    ...images,
    count: taken,
    pixels: images.pixels.subarray(0, taken * each),
    labels: images.labels?.subarray(0, taken) ?? null,
  };
}
