/** @file What each job of an order may cost: shares of the order's maximum that together never exceed it. */
import type { Estimate } from '../../../shared/contract/api/orders.ts';
import { FastpathError } from '../../../shared/errors.ts';

export interface CostShares {
  /** 0 where the searches share no warm-up */
  warmUpMicroUsd: number;
  /** of each search */
  searchMicroUsd: number;
}

/**
 * The shared warm-up gets what it is of the whole by the estimate: by time, or by weight steps where no time is known.
 * The searches get as much as one another.
 * @throws FastpathError `order.max-cost`
 */
export function shareCost(maxCostMicroUsd: number, estimate: Omit<Estimate, 'credit'>): CostShares {
  const { searches, secondsPerSearch, warmUpSeconds, basis } = estimate;
  const [warmUp, search] =
    secondsPerSearch === null || warmUpSeconds === null
      ? [basis.warmUpSteps, basis.weightSteps + basis.architectureSteps + basis.trainingSteps]
      : [warmUpSeconds, secondsPerSearch];
  const warmUpMicroUsd = Math.ceil((maxCostMicroUsd * warmUp) / (warmUp + search * searches));
  const searchMicroUsd = Math.floor((maxCostMicroUsd - warmUpMicroUsd) / searches);
  if (searchMicroUsd < 1) {
    throw new FastpathError('order.max-cost', 'request: maxCostUsd leaves nothing for each search: raise it');
  }
  return { warmUpMicroUsd, searchMicroUsd };
}
