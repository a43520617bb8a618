/** @file What is older than it is kept for. */
import { and, eq, inArray, isNotNull, isNull, lt, ne, or } from 'drizzle-orm';
import {
  dashboardSessions,
  dataSets,
  idempotencyKeys,
  orders,
  searches,
  webhookDeliveries,
} from '../../../shared/db/schema/index.ts';
import { searchPrefixOf, warmUpKey } from '../../../shared/store/search-keys.ts';
import { deleteDataSet } from '../datasets/delete-data-set.ts';
import { deleteSearch } from '../searches/delete.ts';
import type { SearchDeps } from '../searches/deps.ts';

export interface Retention {
  /** of checkpoints and progress behind their search's end, and of webhooks' deliveries that are over */
  detailDays: number;
  /** of whole searches behind their end; null: for ever */
  searchDays: number | null;
}

export const defaultRetention: Retention = { detailDays: 30, searchDays: null };

const dayMs = 24 * 3600_000;
/** Of uploads that were never completed: their addresses hold for half a day. */
const uploadDays = 7;
/** Of each kind in one call: the rest is for the next one. */
const mostAtOnce = 100;

type SweepDeps = Pick<SearchDeps, 'db' | 'store' | 'clock'> & { retention: Retention };

/** Rows that stand for nothing but themselves. */
export async function sweepDatabase({ db, clock, retention }: SweepDeps): Promise<void> {
  const now = clock.now();
  await db.delete(idempotencyKeys).where(lt(idempotencyKeys.expiresAt, now));
  await db.delete(dashboardSessions).where(lt(dashboardSessions.expiresAt, now));
  const old = lt(webhookDeliveries.createdAt, daysBefore(now, retention.detailDays));
  await db.delete(webhookDeliveries).where(and(ne(webhookDeliveries.state, 'pending'), old));
}

/** Searches that ended long ago: their details, and where that is set all of them. @returns what failed */
export async function sweepSearches(deps: SweepDeps): Promise<unknown[]> {
  const { db, store, clock, retention } = deps;
  const now = clock.now();
  const failures: unknown[] = [];
  const endedBefore = (days: number) => and(isNotNull(searches.endedAt), lt(searches.endedAt, daysBefore(now, days)));
  if (retention.searchDays !== null) {
    // A shared warm-up goes with the last of the searches that began with it.
    const old = await db
      .select()
      .from(searches)
      .where(and(endedBefore(retention.searchDays), eq(searches.kind, 'search')))
      .limit(mostAtOnce);
    for (const { tenantId, id } of old) await attempt(failures, () => deleteSearch(deps, tenantId, id));
  }
  // A warm-up's weights are of no use behind the searches that begin with it, and are needed until then.
  const closed = db.select({ id: orders.id }).from(orders).where(eq(orders.state, 'closed'));
  const detailed = and(
    endedBefore(retention.detailDays),
    isNull(searches.detailsRemovedAt),
    or(eq(searches.kind, 'search'), inArray(searches.orderId, closed)),
  );
  for (const { tenantId, id } of await db.select().from(searches).where(detailed).limit(mostAtOnce)) {
    await attempt(failures, async () => {
      const prefix = searchPrefixOf(tenantId, id);
      for (const folder of ['checkpoints', 'progress']) await store.deletePrefix(`${prefix}/${folder}/`);
      await store.delete(warmUpKey(prefix));
      await db.update(searches).set({ detailsRemovedAt: now }).where(eq(searches.id, id));
    });
  }
  return failures;
}

/** Uploads that were announced and never completed. @returns what failed */
export async function sweepUploads(deps: SweepDeps): Promise<unknown[]> {
  const { db, clock } = deps;
  const failures: unknown[] = [];
  const old = lt(dataSets.createdAt, daysBefore(clock.now(), uploadDays));
  const pending = and(eq(dataSets.state, 'pending'), old);
  for (const { tenantId, id } of await db.select().from(dataSets).where(pending).limit(mostAtOnce)) {
    await attempt(failures, () => deleteDataSet(deps, tenantId, id));
  }
  return failures;
}

async function attempt(failures: unknown[], work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    failures.push(error);
  }
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * dayMs);
}
