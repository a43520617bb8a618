/** @file Architectures for other budgets from one trained supernet, without more training: the same pruning, scored. */
import type { AdditiveCost } from '../../../shared/latency/cost-table.ts';
import type { Path, PerCandidate } from '../../../shared/space/plan.ts';
import { cheapestPath } from './cost-range.ts';
import { argmaxPath } from './probabilities.ts';
import { type HardBudget, pruneToBudget, wholeCost } from './prune.ts';

export interface ParetoEntry {
  /** the budget that it was pruned to, in the cost's unit */
  budget: number;
  path: Path;
  /** whole-network cost, at most `budget` */
  cost: number;
  /** Σ ln p over the path */
  logProbability: number;
}

export interface ParetoOptions {
  /** about how many entries; 10 by default */
  count?: number;
  predictWhole?: (path: Path) => number;
}

/**
 * About `count` paths from the cheapest one to the most probable one, sorted by cost, none dominated: each dearer path
 * has a higher Σ ln p. Paths dearer than the most probable one are dominated by it, so that nothing lies beyond. Fewer
 * entries come back where the space holds fewer such paths.
 */
export function paretoSet(logits: PerCandidate, cost: AdditiveCost, options: ParetoOptions = {}): ParetoEntry[] {
  const { count = 10, predictWhole } = options;
  const held = (budget: number): HardBudget => ({ cost, budget, ...(predictWhole ? { predictWhole } : {}) });
  const lowest = wholeCost(held(0), cheapestPath(cost));
  const highest = wholeCost(held(0), argmaxPath(logits));
  const found: ParetoEntry[] = [];
  const add = (budget: number): void => {
    if (budget <= 0) return;
    const result = pruneToBudget(logits, [held(budget)]);
    if (result.kind === 'none') return;
    const { path, logProbability } = result;
    found.push({ budget, path, cost: result.predicted[0]!, logProbability });
  };
  for (let i = 0; i < count; i++) add(lowest + ((highest - lowest) * i) / Math.max(1, count - 1));
  // Budgets whose answers coincide or are dominated leave gaps; the widest ones are halved while that helps.
  let entries = nonDominated(found);
  for (let extra = 0; extra < count && entries.length < count && entries.length > 1; extra++) {
    const widest = entries.slice(1).reduce(
      (best, entry, i) => {
        const gap = entry.cost - entries[i]!.cost;
        return gap > best.gap ? { gap, middle: (entry.cost + entries[i]!.cost) / 2 } : best;
      },
      { gap: 0, middle: 0 },
    );
    add(widest.middle);
    const next = nonDominated(found);
    if (next.length === entries.length) break;
    entries = next;
  }
  return entries;
}

/** Sorted by cost, each of higher Σ ln p than all cheaper ones. */
function nonDominated(entries: readonly ParetoEntry[]): ParetoEntry[] {
  const sorted = [...entries].sort((a, b) => a.cost - b.cost || b.logProbability - a.logProbability);
  let best = -Infinity;
  return sorted.filter(({ logProbability }) => {
    const better = logProbability > best;
    if (better) best = logProbability;
    return better;
  });
}
