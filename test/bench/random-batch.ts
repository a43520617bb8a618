/** @file Images that cost what real ones cost: what a training step does with them does not depend on what they show. */
import { type Tensor, tensor } from '@tensorflow/tfjs-core';
import { Random } from '../../shared/random.ts';

export interface BatchShape {
  batch: number;
  resolution: number;
  classes: number;
  seed: number;
}

/** Standard normal images [batch, resolution, resolution, 3] with uniform labels. */
export function randomBatch({ batch, resolution, classes, seed }: BatchShape): { images: Tensor; labels: Int32Array } {
  const random = Random.named(seed, 'images');
  const pixels = Float32Array.from({ length: batch * resolution ** 2 * 3 }, () => random.normal());
  const images = tensor(pixels, [batch, resolution, resolution, 3]);
  return { images, labels: Int32Array.from({ length: batch }, () => random.below(classes)) };
}
