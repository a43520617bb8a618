/**
 * @file What is left to do of a deleted tenant: end its searches, then remove its objects, then its rows. Rows go last:
 * as long as they are there the next call finds what is left, wherever this one was cut off. The ledger stays, and the
 * tenant's row without its name, which the ledger refers to.
 */
import { and, eq, gt, isNotNull, isNull, ne, or } from 'drizzle-orm';
import {
  dataSets,
  hardware,
  idempotencyKeys,
  keys,
  measurementSessions,
  orders,
  searches,
  tenants,
  usageEvents,
  webhooks,
} from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { mirrorKey } from '../keys/mirror.ts';
import { cancelSearch } from '../searches/cancel.ts';
import type { SearchDeps } from '../searches/deps.ts';

/** What requests that were under way when it was deleted wrote behind our back goes within this time. */
const lateMs = 24 * 3600_000;

/** @returns what kept single tenants from being erased; they are tried again */
export async function eraseTenants(deps: SearchDeps): Promise<unknown[]> {
  const { db, clock } = deps;
  const since = new Date(clock.now().getTime() - lateMs);
  const deleted = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(isNotNull(tenants.deletedAt), or(ne(tenants.name, ''), gt(tenants.deletedAt, since))));
  const failures: unknown[] = [];
  for (const { id } of deleted) {
    try {
      if (await endSearches(deps, id)) await erase(deps, id);
    } catch (error) {
      failures.push(error);
    }
  }
  return failures;
}

/** Whether all have ended: a job that runs is asked to end, and does so later. */
async function endSearches(deps: SearchDeps, tenantId: string): Promise<boolean> {
  const running = and(eq(searches.tenantId, tenantId), isNull(searches.endedAt));
  for (const { id } of await deps.db.select({ id: searches.id }).from(searches).where(running)) {
    await cancelSearch(deps, tenantId, id);
  }
  return (await deps.db.$count(searches, running)) === 0;
}

async function erase({ db, store }: SearchDeps, tenantId: string): Promise<void> {
  await store.deletePrefix(`tenants/${tenantId}/`);
  const own = await db.select({ sha256: keys.sha256 }).from(keys).where(eq(keys.tenantId, tenantId));
  for (const { sha256 } of own) await store.delete(mirrorKey(sha256));
  await transact(db, async (tx) => {
    // What belongs to these goes with them.
    const owners = [webhooks, orders, dataSets, measurementSessions, hardware, idempotencyKeys, usageEvents, keys];
    for (const table of owners) await tx.delete(table).where(eq(table.tenantId, tenantId));
    await tx.update(tenants).set({ name: '', monthlyLimitMicroUsd: null }).where(eq(tenants.id, tenantId));
  });
}
