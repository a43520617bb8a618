/**
 * @file A small classification set that needs no download, for demos and tests: drawn, seeded, and called synthetic in
 * its class names and the README beside it. Written as webdataset shards of PNG images.
 */
import sharp from 'sharp';
import { type ShardSample, writeShard } from '../../shared/data/write-shards.ts';
import { Random } from '../../shared/random.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { drawSynthetic, syntheticClasses } from './synthetic-picture.ts';

const samplesPerShard = 2000;

export interface SyntheticOptions {
  seed: number;
  /** training images, spread evenly over the classes */
  train: number;
  /** held-out images */
  val: number;
  /** side in pixels; 32 by default */
  side?: number;
}

async function sample(split: string, number: number, seed: number, side: number): Promise<ShardSample> {
  const label = number % syntheticClasses.length;
  const pixels = drawSynthetic(label, side, Random.named(seed, `synthetic/${split}/${number}`));
  const raw = { width: side, height: side, channels: 3 } as const;
  const image = await sharp(pixels, { raw }).png({ compressionLevel: 1 }).toBuffer();
  return { key: `${split}-${String(number).padStart(6, '0')}`, ending: 'png', image, label };
}

/** Writes `train-NNNN.tar`, `val-NNNN.tar`, `classes.txt` and `README.md`; equal options give equal images. */
export async function writeSynthetic(store: ObjectStore, options: SyntheticOptions): Promise<void> {
  const { seed, side = 32 } = options;
  for (const split of ['train', 'val'] as const) {
    for (let first = 0, shard = 0; first < options[split]; first += samplesPerShard, shard++) {
      const count = Math.min(samplesPerShard, options[split] - first);
      const samples = await Promise.all(Array.from({ length: count }, (_, i) => sample(split, first + i, seed, side)));
      await writeShard(store, `${split}-${String(shard).padStart(4, '0')}.tar`, samples);
    }
  }
  await store.put('classes.txt', Buffer.from(`${syntheticClasses.join('\n')}\n`));
  await store.put('README.md', Buffer.from(readme(options, side)));
}

function readme({ seed, train, val }: SyntheticOptions, side: number): string {
  return [
    '# Synthetic images',
    '',
    'Drawn by a program, not photographed: textured shapes under noise, clutter, and changes of scale, place, angle,',
    'colour and light. Accuracy on them says that a training run works, and nothing about real images.',
    '',
    `Seed ${seed}, ${train} training and ${val} held-out images of ${side} x ${side} pixels, ${syntheticClasses.length} classes (classes.txt).`,
    '',
  ].join('\n');
}
