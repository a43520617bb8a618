/** @file Deleting a search with all that it left. The ledger and the usage that invoices are made of stay. */
import { eq } from 'drizzle-orm';
import { searches, webhookDeliveries } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import type { SearchDeps } from './deps.ts';
import { findSearch } from './find.ts';

/**
 * Objects first: where that breaks off the row is still there, and deleting again goes on.
 * @throws FastpathError `search.missing` (404), `search.not-ended` (409)
 */
export async function deleteSearch(
  { db, store }: Pick<SearchDeps, 'db' | 'store'>,
  tenantId: string,
  searchId: string,
): Promise<void> {
  const { state } = await findSearch({ db }, tenantId, searchId);
  if (!isTerminal(state)) {
    throw new FastpathError(
      'search.not-ended',
      `the search is ${state}: cancel it first, and delete it when it has ended`,
    );
  }
  await store.deletePrefix(`${searchPrefixOf(tenantId, searchId)}/`);
  await transact(db, async (tx) => {
    await tx.delete(webhookDeliveries).where(eq(webhookDeliveries.searchId, searchId));
    await tx.delete(searches).where(eq(searches.id, searchId));
  });
}
