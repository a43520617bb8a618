/** @file An order's searches before they are written: what each is to do, where it lies, and how they hang together. */
import { createHash } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import { type JobList, jobListSchema } from '../../../shared/contract/job-list.ts';
import type { SearchSpec, WarmUpSpec } from '../../../shared/contract/job-spec.ts';
import { newId } from '../../../shared/db/id.ts';
import type { SearchConstraints, searches } from '../../../shared/db/schema/searches.ts';
import { searchPrefixOf, warmUpKey } from '../../../shared/store/search-keys.ts';
import type { OrderPlan } from './plan-order.ts';
import type { CostShares } from './share-cost.ts';

export interface PlannedSearch {
  id: string;
  /** its place in the store, without a final slash */
  prefix: string;
  spec: SearchSpec | WarmUpSpec;
  /** which child of the order's array job it is; null: it has a job of its own */
  arrayIndex: number | null;
  maxCostMicroUsd: number;
}

/** A shared warm-up first, then the searches in the order in which they were asked for. */
export function planSearches(
  tenantId: string,
  { specs, warmUp }: Pick<OrderPlan, 'specs' | 'warmUp'>,
  shares: CostShares,
  clock: Clock,
): PlannedSearch[] {
  const place = () => {
    const id = newId('srch', clock);
    return { id, prefix: searchPrefixOf(tenantId, id) };
  };
  const first =
    warmUp === null ? [] : [{ ...place(), spec: warmUp, arrayIndex: null, maxCostMicroUsd: shares.warmUpMicroUsd }];
  const behind = warmUp === null ? {} : { warmUp: { key: warmUpKey(first[0]!.prefix), seed: warmUp.seed } };
  const others = specs.map((spec, i) => ({
    ...place(),
    spec: { ...spec, ...behind },
    arrayIndex: specs.length === 1 ? null : i,
    maxCostMicroUsd: shares.searchMicroUsd,
  }));
  return [...first, ...others];
}

/** Null where no search is a child of an array job. */
export function jobListOf(
  planned: readonly PlannedSearch[],
  sha256Of: ReadonlyMap<string, string>,
): { bytes: Uint8Array; sha256: string } | null {
  const children = planned.filter(({ arrayIndex }) => arrayIndex !== null);
  if (children.length === 0) return null;
  const searches = children.map(({ id, prefix }) => ({ prefix, specSha256: sha256Of.get(id)! }));
  const list = jobListSchema.parse({ format: 'fastpath.job-list/1', searches } satisfies JobList);
  const bytes = Buffer.from(JSON.stringify(list));
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export interface Ordered {
  id: string;
  tenantId: string;
  warmStartFrom: string | null;
  createdAt: Date;
}

export function searchRow(
  { id, spec, arrayIndex, maxCostMicroUsd }: PlannedSearch,
  specSha256: string,
  order: Ordered,
): typeof searches.$inferInsert {
  const isWarmUp = spec.format === 'fastpath.warm-up-spec/1';
  return {
    id,
    tenantId: order.tenantId,
    orderId: order.id,
    kind: isWarmUp ? 'warm-up' : 'search',
    arrayIndex,
    seed: spec.seed,
    specSha256,
    state: 'queued',
    constraints: isWarmUp ? { hardware: [] } : constraintsOf(spec),
    maxCostMicroUsd,
    warmStartFrom: order.warmStartFrom,
    createdAt: order.createdAt,
  };
}

function constraintsOf(spec: SearchSpec): SearchConstraints {
  const { constraints, maxParameters, maxMacs, maxPeakActivationBytes, exclude } = spec;
  return {
    hardware: constraints.map(({ model, budgetMs }) => ({ id: model.hardware.id, budgetMs })),
    ...(maxParameters === null ? {} : { maxParameters }),
    ...(maxMacs === null ? {} : { maxMacs }),
    ...(maxPeakActivationBytes === null ? {} : { maxPeakActivationBytes }),
    ...(exclude.length === 0 ? {} : { exclude }),
  };
}
