/** @file Cancelling: the wish is written first, then the job is asked to end; the search ends when the job has. */
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { changeSearch, lockSearch } from './change.ts';
import { nobody } from './claim.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { searchMissing } from './find.ts';
import { withdraw } from './withdraw.ts';

/**
 * Done again it changes nothing. A search that is delivered in the meantime stays delivered.
 * @returns the search as it is now: `cancelled`, or on its way there with `cancelRequestedAt`
 * @throws FastpathError `search.missing` (404), `search.ended` (409); where the queue or the store cannot be reached
 * `queue.unavailable`, `store.…`: the wish is kept, and the reconciler sees to it
 */
export async function cancelSearch(deps: SearchDeps, tenantId: string, searchId: string): Promise<SearchRow> {
  const search = await transact(deps.db, async (tx) => {
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
  if (!isTerminal(search.state)) await pursueCancel(deps, search);
  return (await deps.db.query.searches.findFirst({ where: (row, { eq }) => eq(row.id, searchId) })) ?? search;
}

/** Asks the job to end, or withdraws a search that has none. */
export async function pursueCancel(deps: SearchDeps, search: SearchRow): Promise<void> {
  // A job on its way to the queue then finds the claim taken.
  const owner = search.jobId ?? (await withdraw(deps, search.id, undefined));
  if (owner !== nobody) await deps.queue.terminate(owner, 'cancelled by the customer');
}
