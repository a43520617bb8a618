/** @file Cancelling: the wish is written first, then the job is asked to end; the search ends when the job has. */
import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { parentOf } from '../../../shared/queue/job-queue.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { changeSearch, lockSearch } from './change.ts';
import { nobody } from './claim.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { findSearch, searchMissing } from './find.ts';
import { findWarmUp, isIdle } from './warm-up.ts';
import { withdraw } from './withdraw.ts';

const becauseCancelled = 'cancelled by the customer';

/**
 * Done again it changes nothing. With a warm-up go the searches that wait for it, with the last of them the warm-up. A
 * search that is delivered in the meantime stays delivered.
 * @returns the search as it is now: `cancelled`, or on its way there with `cancelRequestedAt`
 * @throws FastpathError `search.missing` (404), `search.ended` (409); where the queue or the store cannot be reached
 * `queue.unavailable`, `store.…`: the wish is kept, and the reconciler sees to it
 */
export async function cancelSearch(deps: SearchDeps, tenantId: string, searchId: string): Promise<SearchRow> {
  const { kind, orderId, endedAt } = await findSearch(deps, tenantId, searchId);
  if (kind === 'warm-up' && endedAt === null) await cancelWaiting(deps, orderId);
  const search = await requestCancel(deps, tenantId, searchId);
  if (!isTerminal(search.state)) await pursueCancel(deps, search);
  if (search.arrayIndex !== null) await endIdleWarmUp(deps, search.orderId);
  return (await deps.db.query.searches.findFirst({ where: (row, { eq }) => eq(row.id, searchId) })) ?? search;
}

function requestCancel(deps: SearchDeps, tenantId: string, searchId: string): Promise<SearchRow> {
  return transact(deps.db, async (tx) => {
    const row = await lockSearch(tx, searchId);
    if (row?.tenantId !== tenantId) throw searchMissing(searchId);
    if (row.state === 'cancelled') return row;
    if (isTerminal(row.state)) {
      throw new FastpathError(
        'search.ended',
        `the search has ended already (${row.state}): there is nothing to cancel`,
      );
    }
    return (await changeSearch({ ...deps, tx }, row, { type: 'cancel-requested' })).search;
  });
}

/** The searches of a sweep: where their array job is submitted it is asked to end as a whole. */
async function cancelWaiting(deps: SearchDeps, orderId: string): Promise<void> {
  const own = and(eq(searches.orderId, orderId), isNotNull(searches.arrayIndex), isNull(searches.endedAt));
  const parents = new Set<string>();
  for (const { tenantId, id } of await deps.db.select().from(searches).where(own)) {
    const { state, jobId } = await requestCancel(deps, tenantId, id);
    if (isTerminal(state)) continue;
    if (jobId !== null) parents.add(parentOf(jobId));
    else await withdraw(deps, id, undefined);
  }
  for (const parent of parents) await deps.queue.terminate(parent, becauseCancelled);
}

/** Ends a warm-up that no search waits for any more. */
export async function endIdleWarmUp(deps: SearchDeps, orderId: string): Promise<void> {
  const warmUp = await findWarmUp(deps.db, orderId);
  if (warmUp === undefined || warmUp.endedAt !== null || !(await isIdle(deps.db, warmUp))) return;
  const search = await requestCancel(deps, warmUp.tenantId, warmUp.id);
  if (!isTerminal(search.state)) await pursueCancel(deps, search);
}

/** Asks the job to end, or withdraws a search that has none. */
export async function pursueCancel(deps: SearchDeps, search: SearchRow): Promise<void> {
  // A job on its way to the queue then finds the claim taken.
  const owner = search.jobId ?? (await withdraw(deps, search.id, undefined));
  if (owner !== nobody) await deps.queue.terminate(owner, becauseCancelled);
}
