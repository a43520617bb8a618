/** @file Latency models and budgets of the proof's devices. */
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { costTable, pathCost } from '../../../shared/latency/cost-table.ts';
import { fitLatencyModel } from '../../../shared/latency/fit/fit-model.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { parseSignature, signatureOf } from '../../../shared/latency/signature.ts';
import { quantile } from '../../../shared/latency/statistics.ts';
import { Random } from '../../../shared/random.ts';
import { findPath } from '../../../shared/space/find-path.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../../shared/space/path.ts';
import { input, proxyInput, space } from './forms.ts';

export const plan = planSupernet(space, input);
const draws = 20_000;

export interface Constraint {
  model: LatencyModelData;
  budgetMs: number;
}

/** The latency that this share of uniformly drawn paths keeps, to three digits. */
export function budgetAt(table: LatencyTable, share: number): Constraint {
  const model = fitLatencyModel(table);
  const cost = costTable(plan, new FittedLatencyModel(model));
  const random = Random.named(0, 'latencies');
  const latenciesUs = Array.from({ length: draws }, () => pathCost(cost, uniformPath(plan, random)));
  return { model, budgetMs: Number((quantile(latenciesUs, share) / 1000).toPrecision(3)) };
}

/**
 * The model that says of a network on images of half the side what `model` says of the same blocks on whole images: a
 * search on a proxy task then goes by the latency of the task itself.
 */
export function forProxy(model: LatencyModelData): LatencyModelData {
  // Parts of other spaces may have sides that have no half.
  const halved = (signature: string): string[] => {
    const part = parseSignature(signature);
    if (part.kind === 'classifier') return [signature];
    return part.inputSize % 2 === 0 ? [signatureOf({ ...part, inputSize: part.inputSize / 2 })] : [];
  };
  const parts = Object.entries(model.parts).flatMap(([signature, row]) =>
    halved(signature).map((half) => [half, row] as const),
  );
  return { ...model, parts: Object.fromEntries(parts), estimated: model.estimated.flatMap(halved) };
}

/** The same blocks on whole images. @throws Error where it is no network of the proxy's space */
export function fromProxy(architecture: Architecture): Architecture {
  const path = findPath(planSupernet(space, proxyInput), architecture);
  if (path === null) throw new Error('what the proxy found is no path of its space');
  return pathToArchitecture(plan, path);
}

/**
 * Draws paths until one takes 95 to 100 % of the budget by prediction, as pruning would have it; where many draws give
 * none, the one that comes nearest to the budget.
 */
export function drawWithin({ model, budgetMs }: Constraint, random: Random): number[] {
  const fitted = new FittedLatencyModel(model);
  let nearest = { path: [] as number[], distance: Number.POSITIVE_INFINITY };
  for (let draw = 0; draw < draws; draw++) {
    const path = uniformPath(plan, random);
    const share = shareOf(fitted, budgetMs, path);
    if (isWithin(share)) return path;
    const distance = Math.abs(Math.log(share));
    if (distance < nearest.distance) nearest = { path, distance };
  }
  return nearest.path;
}

/** Predicted latency of a path over the budget. */
export function shareOf(model: FittedLatencyModel, budgetMs: number, path: readonly number[]): number {
  return model.meanUs(pathToArchitecture(plan, path)) / (budgetMs * 1000);
}

export function isWithin(share: number): boolean {
  return share >= 0.95 && share <= 1;
}
