/** @file Writing down what was used, each thing once: a row that is there already stays as it is. */
import { inArray } from 'drizzle-orm';
import type { Db, Transaction } from '../../../shared/db/db.ts';
import { tenants, usageEvents } from '../../../shared/db/schema/index.ts';

export interface PredictionBatch {
  /** which process counted; a new name each time one starts */
  instance: string;
  /** the how-manieth batch of that process: a batch told of twice counts once */
  sequence: number;
  at: Date;
  /** predictions by tenant, each over 0 */
  predictions: ReadonlyMap<string, number>;
}

/** Well below what one statement may hold through the RDS Data API. */
const rowsAtOnce = 200;

/** Predictions of tenants that are not there (any more) are left out: they would hold up those of all others. */
export async function recordPredictions(db: Db, batches: readonly PredictionBatch[]): Promise<void> {
  const asked = new Set(batches.flatMap(({ predictions }) => [...predictions.keys()]));
  if (asked.size === 0) return;
  const found = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(inArray(tenants.id, [...asked]));
  const known = new Set(found.map(({ id }) => id));
  const rows = batches.flatMap(({ predictions, ...batch }) =>
    [...predictions]
      .filter(([tenantId]) => known.has(tenantId))
      .map(([tenantId, count]) => ({
        ...batch,
        tenantId,
        kind: 'predictions' as const,
        predictions: count,
        costMicroUsd: 0,
      })),
  );
  for (let from = 0; from < rows.length; from += rowsAtOnce) {
    await db
      .insert(usageEvents)
      .values(rows.slice(from, from + rowsAtOnce))
      .onConflictDoNothing();
  }
}

export interface AttemptUsage {
  searchId: string;
  attempt: number;
  /** between the queue's start and stop times, to the millisecond */
  gpuSeconds: number;
  /** what was charged for it */
  costMicroUsd: number;
  stoppedAt: Date;
}

/** In the transaction that ends the attempt and charges it. @returns false where the attempt was recorded before */
export async function recordAttempt(tx: Transaction, tenantId: string, usage: AttemptUsage): Promise<boolean> {
  const { searchId, attempt, gpuSeconds, costMicroUsd, stoppedAt } = usage;
  const recorded = await tx
    .insert(usageEvents)
    .values({ tenantId, kind: 'gpu-seconds', at: stoppedAt, searchId, attempt, gpuSeconds, costMicroUsd })
    .onConflictDoNothing()
    .returning({ id: usageEvents.id });
  return recorded.length === 1;
}

/** @param at any time of the day (UTC) on which the tenant's objects took that many bytes; the day's first record counts */
export async function recordStorage(db: Db, tenantId: string, bytes: number, at: Date): Promise<void> {
  const day = dayOf(at);
  await db
    .insert(usageEvents)
    .values({ tenantId, kind: 'storage', at, day, bytes, costMicroUsd: 0 })
    .onConflictDoNothing();
}

/** `2026-11-24`, UTC */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
