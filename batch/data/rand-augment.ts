/**
 * @file RandAugment (Cubuk, Zoph, Shlens, Le, "RandAugment: Practical automated data augmentation with a reduced search
 * space", 2020): a few operations drawn at random for each image, all of one strength. Images are RGB floats in 0…255.
 */
import type { Random } from '../../shared/random.ts';
import { blur, equalize, mapChannels, mixGrey, stretchContrast, warp } from './image-operations.ts';

export interface RandAugment {
  /** drawn for each image, with replacement */
  operations: number;
  /** how far they go, from 0 to 1 */
  magnitude: number;
}

/** Changes `image` [side, side, 3] in place. `amount` is the magnitude with a random sign, where both ways make sense. */
type Operation = (image: Float32Array, side: number, magnitude: number, amount: number) => void;

/** Ranges at full magnitude as published: 30 degrees, shears of 0.3, shifts of a third of the side, factors 0.1 to 1.9. */
const degrees = 30;
const shear = 0.3;
const shift = 1 / 3;
const factor = 0.9;

/** The published list; the identity among them, so that some images stay nearly as they are. */
const operations: readonly Operation[] = [
  () => {},
  (image) => stretchContrast(image),
  (image) => equalize(image),
  (image, side, _, amount) => warp(image, side, turn((amount * degrees * Math.PI) / 180)),
  (image, _, magnitude) => mapChannels(image, (v) => (v >= 255 * (1 - magnitude) ? 255 - v : v)),
  (image, _, magnitude) => {
    const step = 2 ** Math.round(4 * magnitude);
    mapChannels(image, (v) => Math.floor(v / step) * step);
  },
  (image, _, __, amount) => mixGrey(image, 1 + factor * amount),
  (image, _, __, amount) => contrast(image, 1 + factor * amount),
  (image, _, __, amount) => mapChannels(image, (v) => v * (1 + factor * amount)),
  (image, side, _, amount) => blur(image, side, -factor * amount),
  (image, side, _, amount) => warp(image, side, { xx: 1, xy: shear * amount, yx: 0, yy: 1, dx: 0, dy: 0 }),
  (image, side, _, amount) => warp(image, side, { xx: 1, xy: 0, yx: shear * amount, yy: 1, dx: 0, dy: 0 }),
  (image, side, _, amount) => warp(image, side, { xx: 1, xy: 0, yx: 0, yy: 1, dx: shift * amount * side, dy: 0 }),
  (image, side, _, amount) => warp(image, side, { xx: 1, xy: 0, yx: 0, yy: 1, dx: 0, dy: shift * amount * side }),
];

/** Applies the operations drawn from `random` to `image` [side, side, 3] in place; values stay in 0…255. */
export function augmentAtRandom(image: Float32Array, side: number, options: RandAugment, random: Random): void {
  const { magnitude } = options;
  for (let i = 0; i < options.operations; i++) {
    const operation = operations[random.below(operations.length)]!;
    operation(image, side, magnitude, random.uniform() < 0.5 ? magnitude : -magnitude);
  }
}

function turn(angle: number) {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { xx: cos, xy: -sin, yx: sin, yy: cos, dx: 0, dy: 0 };
}

/** Towards the mean grey of the whole image, or away from it. */
function contrast(image: Float32Array, kept: number): void {
  let sum = 0;
  for (let at = 0; at < image.length; at += 3) {
    sum += 0.299 * image[at]! + 0.587 * image[at + 1]! + 0.114 * image[at + 2]!;
  }
  const mean = sum / (image.length / 3);
  mapChannels(image, (v) => mean + kept * (v - mean));
}
