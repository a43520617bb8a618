/**
 * @file Which costs the paths of a plan can have at all. The classifier's share is left out, because its size follows
 * from the data: what is refused here is impossible with any data set, and the worker checks again exactly.
 */
import { FastpathError } from '../../../shared/errors.ts';
import { count, milliseconds } from '../../../shared/format.ts';
import { type AdditiveCost, costTable, macsTable, parametersTable } from '../../../shared/latency/cost-table.ts';
import type { LatencyModel } from '../../../shared/latency/model.ts';
import type { SupernetPlan } from '../../../shared/space/plan.ts';

/** More classes than any public data set of labelled images has. */
const manyClasses = 100_000;

export interface Range {
  least: number;
  most: number;
}

/** The least and the most that a path can cost, in the table's unit. */
export function rangeOf(cost: AdditiveCost): Range {
  const sum = (pick: (...values: number[]) => number) =>
    cost.blocks.reduce((total, candidates) => total + pick(...candidates), cost.fixed);
  return { least: sum(Math.min), most: sum(Math.max) };
}

/**
 * @throws FastpathError `budget.too-low`, `budget.too-high` with the possible range in milliseconds;
 * `latency.unknown-block` where the table does not cover the plan
 */
export function checkBudget(plan: SupernetPlan, model: LatencyModel, budgetMs: number): void {
  const { least, most } = rangeOf(costTable(plan, withoutClassifier(model)));
  const { id } = model.hardware;
  const range = `paths take ${milliseconds(least / 1e3)} to ${milliseconds(most / 1e3)} there, plus the classifier`;
  if (budgetMs < least / 1e3) {
    const message = `budget ${budgetMs} ms is below the fastest possible path on ${id}: ${range}; raise the budget`;
    throw new FastpathError('budget.too-low', message);
  }
  if (budgetMs > (most + largeClassifierUs(plan, model)) / 1e3) {
    const message = `budget ${budgetMs} ms is above the slowest possible path on ${id}: ${range}; lower the budget`;
    throw new FastpathError('budget.too-high', message);
  }
}

export interface Caps {
  maxParameters: number | null;
  maxMacs: number | null;
}

/** @throws FastpathError `caps.too-low` with the least that a path can have */
export function checkCaps(plan: SupernetPlan, { maxParameters, maxMacs }: Caps): void {
  const caps = [
    { cap: maxParameters, cost: parametersTable(plan) },
    { cap: maxMacs, cost: macsTable(plan) },
  ];
  for (const { cap, cost } of caps) {
    const { least } = rangeOf(cost);
    if (cap === null || cap >= least) continue;
    const message = `at most ${cap} ${cost.unit} is below the smallest possible path: it has ${count(least)} ${cost.unit} (${least}); allow more`;
    throw new FastpathError('caps.too-low', message);
  }
}

function withoutClassifier(model: LatencyModel): LatencyModel {
  return {
    hardware: model.hardware,
    overheadUs: model.overheadUs,
    knows: (part) => model.knows(part),
    predict: (architecture) => model.predict(architecture),
    partLatencyUs: (part) => (part.part.kind === 'classifier' ? 0 : model.partLatencyUs(part)),
  };
}

/** Without limit where the model cannot tell. */
function largeClassifierUs(plan: SupernetPlan, model: LatencyModel): number {
  const part = { kind: 'classifier', in: plan.head.channels, classes: manyClasses } as const;
  try {
    return model.partLatencyUs({ name: 'classifier', part });
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
