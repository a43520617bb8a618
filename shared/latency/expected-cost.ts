/** @file The differentiable form of an additive cost (latency, MACs, parameters): its expectation and exact gradient. */
import type { PerCandidate } from '../space/plan.ts';
import type { AdditiveCost } from './cost-table.ts';

/** E[cost] = fixed + Σ_blocks Σ_i p_i · T(block, i), in the cost's unit. */
export function expectedCost(cost: AdditiveCost, probabilities: PerCandidate): number {
  let sum = cost.fixed;
  for (const [k, block] of cost.blocks.entries()) sum += blockMean(block, probabilities[k]!);
  return sum;
}

/** ∂E/∂α_i = p_i · (T_i − Σ_j p_j T_j) with p = softmax(α), exact, for every candidate of every block. */
export function expectedCostGradient(cost: AdditiveCost, probabilities: PerCandidate): Float64Array[] {
  return cost.blocks.map((block, k) => {
    const p = probabilities[k]!;
    const mean = blockMean(block, p);
    return Float64Array.from(block, (t, i) => p[i]! * (t - mean));
  });
}

function blockMean(block: readonly number[], p: ArrayLike<number>): number {
  let mean = 0;
  for (const [i, t] of block.entries()) mean += p[i]! * t;
  return mean;
}
