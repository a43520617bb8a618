/**
 * @file The gradient form's two sampled candidates per choice block, after Cai, Zhu, Han, "ProxylessNAS" (ICLR 2019):
 * only two paths of a block take part in an architecture step, as if the others did not exist.
 */
import { FastpathError } from '../../../shared/errors.ts';
import type { Random } from '../../../shared/random.ts';
import { logSumExp, softmax } from './probabilities.ts';

export interface SampledPair {
  /** indices of the two candidates, in the order drawn */
  pair: readonly [number, number];
  /** which of the two runs as the active path: an index into `pair` */
  active: 0 | 1;
  /** the pair's own softmax: probabilities of the two, summing to 1 */
  p: readonly [number, number];
}

/** softmax over the two logits alone. */
function pairSoftmax(first: number, second: number): [number, number] {
  const p = softmax([first, second]);
  return [p[0]!, p[1]!];
}

/**
 * Draws two candidates without replacement from the full softmax, then the active one from the softmax of their two
 * logits. Three uniform numbers are used, whatever the outcome.
 * @throws FastpathError `pair.too-few` for a block with one candidate: such a block has nothing to decide; skip it
 */
export function samplePair(logits: ArrayLike<number>, random: Random): SampledPair {
  if (logits.length < 2) {
    throw new FastpathError('pair.too-few', 'a choice block with one candidate has no pair to sample; skip the block');
  }
  const first = random.categorical(softmax(logits));
  // The softmax over the others is p without `first`, renormalised; from logits it holds when their p underflows.
  const others = Array.from(logits).filter((_, i) => i !== first);
  const drawn = random.categorical(softmax(others));
  const second = drawn < first ? drawn : drawn + 1;
  const p = pairSoftmax(logits[first]!, logits[second]!);
  return { pair: [first, second], active: random.uniform() < p[0] ? 0 : 1, p };
}

/**
 * ∂L/∂α_i = Σ_j ∂L/∂g_j · p_j · (δ_ij − p_i) over the two, p the pair's own softmax. The two entries sum to 0.
 * @param gateGradients ∂L/∂g_k = Σ over elements of o_k(x) · ∂L/∂y, both against the same output gradient
 */
export function pairLogitGradient(
  gateGradients: readonly [number, number],
  p: readonly [number, number],
): [number, number] {
  // With two terms the sum is p_0 p_1 (g_0 − g_1) and its opposite: any common part of both gates cancels.
  const first = p[0] * p[1] * (gateGradients[0] - gateGradients[1]);
  return [first, -first];
}

/**
 * Subtracts ln(Σ exp(α_new) / Σ exp(α_old)), sums over the two, from both in place, so that the step leaves the
 * probabilities of the candidates that were not sampled as they were.
 * @param before the block's logits before the optimizer step
 * @param after the same block's logits after it; changed in place
 */
export function rescalePair(before: ArrayLike<number>, after: Float64Array, [i, j]: readonly [number, number]): void {
  const shift = logSumExp([after[i]!, after[j]!]) - logSumExp([before[i]!, before[j]!]);
  after[i]! -= shift;
  after[j]! -= shift;
}
