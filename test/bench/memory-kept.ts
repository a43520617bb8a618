/** @file What a weight step must keep, from layer shapes alone: a yardstick that runs nothing. */
import { layersOf } from '../../shared/architecture/layers.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';

const float32Bytes = 4;

/**
 * Bytes alive when the forward pass of a weight step ends: each convolution's output and its normalised (and activated,
 * and where it ends a block, shortcut-added) form, both read again by the backward pass; batch means and variances;
 * pooled features and the gradient of the logits.
 */
export function keptBytes(architecture: Architecture, batch: number): number {
  const layers = layersOf(architecture);
  const convolutions = layers.filter(({ kind }) => kind === 'conv' || kind === 'depthwise');
  const maps = convolutions.map(({ out, outputSize }) => 2 * batch * out * outputSize ** 2 + 2 * out);
  const { in: features, out: classes } = layers.at(-1)!;
  return float32Bytes * (maps.reduce((a, b) => a + b, 0) + batch * (features + classes));
}

/** The largest single activation of the network, bytes. */
export function largestActivationBytes(architecture: Architecture, batch: number): number {
  return float32Bytes * batch * Math.max(...layersOf(architecture).map(({ out, outputSize }) => out * outputSize ** 2));
}
