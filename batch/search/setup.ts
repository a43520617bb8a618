/** @file Everything a search spec fixes before the first step: the plan, its costs, and whether the budgets can be met. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { FastpathError } from '../../shared/errors.ts';
import { type AdditiveCost, costTable, macsTable, parametersTable } from '../../shared/latency/cost-table.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import type { LatencyModel } from '../../shared/latency/model.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import type { SupernetPlan } from '../../shared/space/plan.ts';
import { excludeCandidates } from '../../shared/space/restrict.ts';
import { costRange } from '../supernet/formulas/cost-range.ts';

export interface DeviceConstraint {
  model: LatencyModel;
  cost: AdditiveCost;
  budgetMs: number;
}

export interface SearchSetup {
  plan: SupernetPlan;
  /** the first is the primary one */
  devices: DeviceConstraint[];
  /** caps that are not latencies */
  caps: { cost: AdditiveCost; budget: number }[];
}

/** The supernet that a spec describes. @throws what planning throws */
export function planOf(
  {
    space,
    resolution,
    widthMultiplier,
    maxPeakActivationBytes,
    exclude,
  }: Pick<SearchSpec, 'space' | 'resolution' | 'widthMultiplier' | 'maxPeakActivationBytes' | 'exclude'>,
  classes: number,
): SupernetPlan {
  return excludeCandidates(planSupernet(space, { resolution, classes, widthMultiplier }), {
    ops: exclude,
    ...(maxPeakActivationBytes === null ? {} : { maxPeakActivationBytes }),
  });
}

/** @throws FastpathError `budget.too-low`, `budget.too-high`, and what planning and prediction throw */
export function setUpSearch(spec: SearchSpec, classes: number): SearchSetup {
  const plan = planOf(spec, classes);
  const devices = spec.constraints.map(({ model: data, budgetMs }) => {
    const model = new FittedLatencyModel(data);
    return { model, cost: costTable(plan, model), budgetMs };
  });
  const caps = [
    { cost: parametersTable(plan), budget: spec.maxParameters },
    { cost: macsTable(plan), budget: spec.maxMacs },
  ].flatMap(({ cost, budget }) => (budget === null ? [] : [{ cost, budget }]));
  if (spec.latencyLoss === 'target') {
    for (const { cost, budgetMs, model } of devices) checkBudget(cost, budgetMs, model.hardware.id);
  }
  for (const { cost, budget } of caps) checkCap(cost, budget);
  return { plan, devices, caps };
}

function checkBudget(cost: AdditiveCost, budgetMs: number, hardware: string): void {
  const { lowest, highest } = costRange(cost);
  const ms = (us: number) => `${Number((us / 1000).toPrecision(4))} ms`;
  const range = `paths of this space take ${ms(lowest)} to ${ms(highest)} on ${hardware}`;
  if (budgetMs * 1000 < lowest) {
    throw new FastpathError(
      'budget.too-low',
      `the budget of ${budgetMs} ms is below the fastest possible path: ${range}; raise the budget or choose a smaller space`,
    );
  }
  if (budgetMs * 1000 > highest) {
    throw new FastpathError(
      'budget.too-high',
      `the budget of ${budgetMs} ms is above the slowest possible path: ${range}; lower the budget or choose a larger space`,
    );
  }
}

function checkCap(cost: AdditiveCost, budget: number): void {
  const { lowest } = costRange(cost);
  if (budget >= lowest) return;
  throw new FastpathError(
    'budget.too-low',
    `no path of this space has at most ${budget} ${cost.unit}: the smallest has ${lowest}; raise the limit or choose a smaller space`,
  );
}
