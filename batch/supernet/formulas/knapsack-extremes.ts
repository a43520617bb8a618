/**
 * @file Which costs are possible at all: a path in a narrow window, or the one nearest under it, where rounding up has
 * hidden every one (for example a budget that is exactly the cost of the only path near it).
 */
import type { Path } from '../../../shared/space/plan.ts';
import type { BinnedProblem } from './knapsack.ts';

/**
 * For every bin two complete paths: one kept by lowest and one by highest exact partial sum per bin; the likelier among
 * equal sums.
 *
 * Why this decides existence: let a path have cost T. At each block the prefix may be replaced by the one kept in its
 * bin, which changes the sum by less than a bin's width w and always to the same side, so that after n blocks the path
 * kept by lowest sums ends in (T − n·w, T] and the one kept by highest sums in [T, T + n·w). In a window at least 2·n·w
 * wide one of the two still lies inside. And when no path lies in such a window, the second finds the highest cost
 * under it exactly.
 */
export function extremePaths(problem: BinnedProblem): Path[] {
  return [...pathsKeptBy(problem, -1), ...pathsKeptBy(problem, 1)];
}

/** @param sign 1 keeps the highest partial sum of each bin, −1 the lowest */
function pathsKeptBy({ logProbabilities, excess, width, bins }: BinnedProblem, sign: 1 | -1): Path[] {
  const size = bins + 1;
  const room = bins * width;
  // Sums in another order than the caller's may differ in the last digits; the caller checks the exact cost.
  const slack = room * 1e-12;
  let sums = new Float64Array(size).fill(Number.NaN);
  let scores = new Float64Array(size);
  sums[0] = 0;
  const steps: { choice: Uint16Array; from: Int32Array }[] = [];
  for (const [k, block] of excess.entries()) {
    const nextSums = new Float64Array(size).fill(Number.NaN);
    const nextScores = new Float64Array(size);
    const choice = new Uint16Array(size);
    const from = new Int32Array(size);
    for (let bin = 0; bin < size; bin++) {
      const before = sums[bin]!;
      if (Number.isNaN(before)) continue;
      for (let i = 0; i < block.length; i++) {
        const sum = before + block[i]!;
        if (sum > room + slack) continue;
        const target = Math.min(bins, Math.floor(sum / width));
        const score = scores[bin]! + logProbabilities[k]![i]!;
        const held = nextSums[target]!;
        const better = Number.isNaN(held) || sign * sum > sign * held || (sum === held && score > nextScores[target]!);
        if (!better) continue;
        nextSums[target] = sum;
        nextScores[target] = score;
        choice[target] = i;
        from[target] = bin;
      }
    }
    sums = nextSums;
    scores = nextScores;
    steps.push({ choice, from });
  }

  const paths: Path[] = [];
  for (let end = 0; end < size; end++) {
    if (Number.isNaN(sums[end]!)) continue;
    const path: number[] = [];
    let bin = end;
    for (let k = steps.length - 1; k >= 0; k--) {
      path[k] = steps[k]!.choice[bin]!;
      bin = steps[k]!.from[bin]!;
    }
    paths.push(path);
  }
  return paths;
}
