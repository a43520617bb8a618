/** @file Where a network is tapped as a feature extractor: the last maps of each stride, as detectors use them. */
import type { Architecture } from '../contract/architecture.ts';
import { FastpathError } from '../errors.ts';
import { outputSize } from './layers.ts';

const tappedStrides = [4, 8, 16, 32] as const;

export interface FeatureTap {
  /** input pixels a side for each pixel of the maps */
  stride: (typeof tappedStrides)[number];
  /** index of the block whose output it is */
  block: number;
  channels: number;
  /** side of the square maps in pixels */
  size: number;
}

/**
 * The output of the last block at each of the strides 4, 8, 16 and 32 that the network reaches.
 * @throws FastpathError `export.no-features` where it reaches none
 */
export function featureTaps({ stem, blocks, resolution }: Architecture): FeatureTap[] {
  const taps = new Map<number, FeatureTap>();
  let stride: number = stem.stride;
  let size = outputSize(resolution, stem.kernel, stem.stride);
  for (const [block, { kernel, stride: step, out }] of blocks.entries()) {
    stride *= step;
    size = outputSize(size, kernel, step);
    const tapped = tappedStrides.find((each) => each === stride);
    if (tapped !== undefined) taps.set(tapped, { stride: tapped, block, channels: out, size });
  }
  if (taps.size > 0) return [...taps.values()];
  throw new FastpathError(
    'export.no-features',
    `the network's total stride is ${stride}: features are taken at strides ${tappedStrides.join(', ')}`,
  );
}
