/**
 * @file What a part costs by its size alone, in the five quantities that a latency model weighs where it has no timing.
 * The fit and every estimate use this one function.
 */
import type { PhysicalModel } from '../contract/latency-model.ts';
import { layersOfPart, type Part } from './part.ts';

const float32Megabytes = 4 / 1e6;

export type PhysicalFeatures = Record<keyof PhysicalModel['coefficientsUs'], number>;

/**
 * Of one image in fp32. `part`: 1. `denseMillionMacs`: multiply-adds of convolutions over all channels and of the
 * classifier; `depthwiseMillionMacs`: those of depthwise convolutions, which run at another speed. `megabytesMoved`:
 * input and output activations of every layer of the part. `parameterMegabytes`: weights, batch-norm scale and shift,
 * bias. MB are 10^6 bytes.
 */
export function physicalFeatures(part: Part): PhysicalFeatures {
  const features = { part: 1, denseMillionMacs: 0, depthwiseMillionMacs: 0, megabytesMoved: 0, parameterMegabytes: 0 };
  for (const layer of layersOfPart(part)) {
    const millionMacs = layer.macs / 1e6;
    if (layer.kind === 'depthwise') features.depthwiseMillionMacs += millionMacs;
    else features.denseMillionMacs += millionMacs;
    const moved = layer.in * layer.inputSize ** 2 + layer.out * layer.outputSize ** 2;
    features.megabytesMoved += moved * float32Megabytes;
    features.parameterMegabytes += layer.parameters * float32Megabytes;
  }
  return features;
}

/** Microseconds by size alone; never below zero. */
export function estimateUs(features: PhysicalFeatures, coefficientsUs: PhysicalModel['coefficientsUs']): number {
  return Math.max(
    0,
    coefficientsUs.part * features.part +
      coefficientsUs.denseMillionMacs * features.denseMillionMacs +
      coefficientsUs.depthwiseMillionMacs * features.depthwiseMillionMacs +
      coefficientsUs.megabytesMoved * features.megabytesMoved +
      coefficientsUs.parameterMegabytes * features.parameterMegabytes,
  );
}
