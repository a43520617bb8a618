/**
 * @file Hands the searches of an order to the queue. Those of a sweep are one array job, which waits in the queue for the
 * job of the warm-up that they share: once both are submitted nothing of ours has to run for them to go on.
 */
import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import { orders, searches } from '../../../shared/db/schema/index.ts';
import { childId } from '../../../shared/queue/job-queue.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { jobListKey, searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { nobody, readOwner } from './claim.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { takeLease } from './lease.ts';
import { requestFor, type Submission, submitJob, submitSearch } from './submit.ts';
import { findWarmUp, warmUpFailure } from './warm-up.ts';
import { withdraw } from './withdraw.ts';

/** Its specs are in the store already. @throws FastpathError `database.unavailable` */
export async function submitOrder(deps: SearchDeps, orderId: string): Promise<void> {
  const rows = await deps.db.select().from(searches).where(eq(searches.orderId, orderId));
  let warmUp: Submission | null = null;
  for (const { id, arrayIndex, kind } of rows) {
    if (arrayIndex !== null) continue;
    const submission = await submitSearch(deps, id);
    if (kind === 'warm-up') warmUp = submission;
  }
  if (rows.some(({ arrayIndex }) => arrayIndex !== null)) await submitArray(deps, orderId, warmUp === 'submitted');
}

/**
 * @param onlyJob that the warm-up has no other job than the one that is known; else its claim has to say which of them
 * executes it, because an array that waited for another one would fail with that. `unknown` until then
 * @throws FastpathError `database.unavailable`, and what the store throws
 */
export async function submitArray(deps: SearchDeps, orderId: string, onlyJob: boolean): Promise<Submission> {
  const warmUp = await findWarmUp(deps.db, orderId);
  const awaited = warmUp === undefined ? [] : await jobOf(deps.store, warmUp, onlyJob);
  if (awaited === null) return 'unknown';
  const children = and(
    eq(searches.orderId, orderId),
    isNotNull(searches.arrayIndex),
    isNull(searches.cancelRequestedAt),
  );
  const lease = await takeLease(deps, children);
  if (lease === null) return 'not-mine';
  if (warmUp?.state === 'failed' || warmUp?.state === 'cancelled') {
    const reason = await warmUpFailure(deps.store, warmUp);
    for (const { id } of lease.searches) await withdraw(deps, id, reason);
    return 'refused';
  }
  const [order] = await deps.db.select().from(orders).where(eq(orders.id, orderId));
  const first = lease.searches[0]!;
  const request = {
    ...requestFor(deps, first, {
      FASTPATH_JOB_LIST: jobListKey(first.tenantId, orderId),
      FASTPATH_JOB_LIST_SHA256: order!.jobListSha256!,
    }),
    name: orderId,
    arraySize: await deps.db.$count(searches, and(eq(searches.orderId, orderId), eq(searches.kind, 'search'))),
    ...(awaited.length === 0 ? {} : { dependsOn: awaited }),
  };
  return submitJob(deps, lease, request, (parent, { arrayIndex }) => childId(parent, arrayIndex!));
}

/** The job that executes the warm-up, none where it is over; null where that is not known yet. */
async function jobOf(store: ObjectStore, warmUp: SearchRow, onlyJob: boolean): Promise<string[] | null> {
  if (warmUp.endedAt !== null) return [];
  if (onlyJob && warmUp.jobId !== null) return [warmUp.jobId];
  const owner = await readOwner(store, searchPrefixOf(warmUp.tenantId, warmUp.id));
  return owner === null || owner === nobody ? null : [owner];
}
