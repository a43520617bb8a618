/** @file Path probabilities: p = softmax(α) per choice block, their entropy, and the most probable path. */
import type { Random } from '../../../shared/random.ts';
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';

/** ln Σ exp(x), shifted by the maximum so that no logit overflows; -Infinity for no values. */
export function logSumExp(values: ArrayLike<number>): number {
  let top = -Infinity;
  for (let i = 0; i < values.length; i++) top = Math.max(top, values[i]!);
  if (top === -Infinity) return top;
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += Math.exp(values[i]! - top);
  return top + Math.log(sum);
}

/** ln softmax(logits) of one choice block: finite even where the probability itself underflows to 0. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array {
  const top = Math.max(...Array.from(logits));
  // Differences first: subtracting a large norm from large logits would lose digits.
  const shifted = Float64Array.from(logits, (logit) => logit - top);
  const norm = logSumExp(shifted);
  return shifted.map((x) => x - norm);
}

/** softmax(logits) of one choice block. */
export function softmax(logits: ArrayLike<number>): Float64Array {
  return logSoftmax(logits).map(Math.exp);
}

/** −Σ p ln p in nats; 0 for a certain choice, ln n for a uniform one. */
export function entropyNats(probabilities: ArrayLike<number>): number {
  let entropy = 0;
  for (let i = 0; i < probabilities.length; i++) {
    const p = probabilities[i]!;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return entropy;
}

/** Logits drawn from a normal distribution of standard deviation 1e-3, one array per choice block. */
export function initialLogits(candidateCounts: readonly number[], random: Random): Float64Array[] {
  return candidateCounts.map((count) => Float64Array.from({ length: count }, () => 1e-3 * random.normal()));
}

/** The most probable candidate of each choice block; the first of equals. */
export function argmaxPath(values: PerCandidate): Path {
  return values.map((block) => {
    let best = 0;
    for (let i = 1; i < block.length; i++) if (block[i]! > block[best]!) best = i;
    return best;
  });
}

/** A path with one candidate drawn from each block's probabilities. */
export function samplePath(probabilities: PerCandidate, random: Random): Path {
  return probabilities.map((block) => random.categorical(block));
}

/** Σ ln p over the path's candidates. */
export function pathLogProbability(logProbabilities: PerCandidate, path: Path): number {
  let sum = 0;
  for (const [k, i] of path.entries()) sum += logProbabilities[k]![i]!;
  return sum;
}

/** Mean over blocks of the highest probability: under 0.5 at the end of a search means that it decided little. */
export function meanTopProbability(probabilities: PerCandidate): number {
  let sum = 0;
  for (const block of probabilities) sum += Math.max(...Array.from(block));
  return sum / probabilities.length;
}
