/** @file The gradient form of the architecture step, in the memory of one path. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import * as ops from '../backend/ops.ts';
import { passes } from '../network/pass.ts';
import type { StepLoss } from '../network/unread-score.ts';
import { pairLogitGradient, type SampledPair, samplePair } from './formulas/pair.ts';
import type { Supernet } from './supernet.ts';

export interface SampledPairs {
  /** per choice block the two sampled candidates; null where a block has only one */
  pairs: (SampledPair | null)[];
  /** the active candidate of each block */
  path: number[];
}

/** Two candidates per block, one of them active. */
export function samplePairs(logits: readonly ArrayLike<number>[], random: Random): SampledPairs {
  const pairs = logits.map((block) => (block.length > 1 ? samplePair(block, random) : null));
  return { pairs, path: pairs.map((pair) => (pair ? pair.pair[pair.active] : 0)) };
}

/**
 * Cross entropy of the active path on a validation batch and its gradient for every logit (0 where not sampled).
 * A block's inactive candidate runs in the backward pass, where ∂L/∂y is known, and leaves only an inner product. Both
 * outputs count the shortcut in: a term common to both gates cancels in the logit gradient.
 * @param images [n, r, r, 3]
 * @throws FastpathError `search.not-finite` before any logit moves
 */
export function architectureGradient(
  supernet: Supernet,
  { pairs, path }: SampledPairs,
  images: Tensor,
  labels: Int32Array,
): StepLoss & { gradient: number[][] } {
  const gradient = supernet.candidates.map((candidates) => candidates.map(() => 0));
  // Read behind the whole pass, so that nothing waits for the device inside of it.
  const products: { block: number; active: Tensor; inactive: Tensor }[] = [];
  const score = supernet.network(path).blockGradients(images, labels, (block, x, y, dy) => {
    const sampled = pairs[block];
    if (!sampled) return;
    const inactive = supernet.candidates[block]![sampled.pair[1 - sampled.active]!]!;
    const other = inactive ? inactive.forward(x, passes.probe).y : x;
    products.push({ block, active: ops.innerProduct(y, dy), inactive: ops.innerProduct(other, dy) });
    if (other !== x) other.dispose();
  });
  const { loss, correct } = score.read();
  for (const { block, active, inactive } of products) {
    const { pair, p, active: place } = pairs[block]!;
    const gates = [ops.takeNumber(active), ops.takeNumber(inactive)] as const;
    const pairGradient = pairLogitGradient(place === 0 ? gates : [gates[1], gates[0]], p);
    for (const k of [0, 1] as const) gradient[block]![pair[k]] = pairGradient[k];
  }
  if (!Number.isFinite(loss) || gradient.flat().some((g) => !Number.isFinite(g))) {
    throw new FastpathError('search.not-finite', `the validation loss is ${loss}; lower the learning rate`);
  }
  return { loss, correct, gradient };
}
