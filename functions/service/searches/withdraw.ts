/** @file Ends a search that no job executes, so that none ever will. */
import { transact } from '../../../shared/db/transact.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { changeSearch, lockSearch } from './change.ts';
import { closeClaim, nobody, type Owner } from './claim.ts';
import type { SearchDeps } from './deps.ts';
import type { Reason } from './reason.ts';

/**
 * Takes the claim, so that a job that is still on its way finds it taken; the search is then `cancelled` where that was
 * asked for, and has failed otherwise.
 * @returns whose the claim is: `nobody`, or the job that was faster, which then goes on
 */
export async function withdraw(deps: SearchDeps, searchId: string, reason: Reason | undefined): Promise<Owner> {
  const { db, store, clock } = deps;
  const found = await db.query.searches.findFirst({ where: (row, { eq }) => eq(row.id, searchId) });
  if (found === undefined) return nobody;
  const owner = await closeClaim(store, searchPrefixOf(found.tenantId, searchId), clock.now());
  await transact(db, async (tx) => {
    const search = await lockSearch(tx, searchId);
    if (search === undefined) return;
    const fact = owner === nobody ? ({ type: 'withdrawn' } as const) : ({ type: 'claimed', jobId: owner } as const);
    await changeSearch({ tx, clock }, search, fact, reason === undefined ? {} : { reason });
  });
  return owner;
}
