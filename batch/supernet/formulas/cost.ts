/** @file Costs that add up over a path (latency, MACs, parameters, energy): expectation, exact gradient, extremes. */
import { type AdditiveCost, pathCost } from '../../../shared/latency/cost-table.ts';
import type { Path } from '../../../shared/space/plan.ts';
import { argmaxPath, type PerCandidate } from './probabilities.ts';

/** E[cost] = fixed + Σ_blocks Σ_i p_i · T(block, i), in the cost's unit. */
export function expectedCost(cost: AdditiveCost, probabilities: PerCandidate): number {
  let sum = cost.fixed;
  for (const [k, block] of cost.blocks.entries()) sum += blockMean(block, probabilities[k]!);
  return sum;
}

/** ∂E/∂α_i = p_i · (T_i − Σ_j p_j T_j), exact, for every candidate of every block. */
export function expectedCostGradient(cost: AdditiveCost, probabilities: PerCandidate): Float64Array[] {
  return cost.blocks.map((block, k) => {
    const p = probabilities[k]!;
    const mean = blockMean(block, p);
    return Float64Array.from(block, (t, i) => p[i]! * (t - mean));
  });
}

/** The path of the lowest possible cost. */
export function cheapestPath(cost: AdditiveCost): Path {
  return argmaxPath(cost.blocks.map((block) => block.map((t) => -t)));
}

/** The path of the highest possible cost. */
export function dearestPath(cost: AdditiveCost): Path {
  return argmaxPath(cost.blocks);
}

/** The lowest and the highest cost that any path of the space has. */
export function costRange(cost: AdditiveCost): { lowest: number; highest: number } {
  return { lowest: pathCost(cost, cheapestPath(cost)), highest: pathCost(cost, dearestPath(cost)) };
}

function blockMean(block: readonly number[], p: ArrayLike<number>): number {
  let mean = 0;
  for (const [i, t] of block.entries()) mean += p[i]! * t;
  return mean;
}
