/** @file Deleting a search with all that it left. The ledger and the usage that invoices are made of stay. */
import { and, eq, isNull, ne } from 'drizzle-orm';
import { searches, webhookDeliveries } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { orderPrefixOf, searchPrefixOf } from '../../../shared/store/search-keys.ts';
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
  const { state, kind, orderId } = await findSearch({ db }, tenantId, searchId);
  if (!isTerminal(state)) {
    throw new FastpathError(
      'search.not-ended',
      `the search is ${state}: cancel it first, and delete it when it has ended`,
    );
  }
  const others = and(eq(searches.orderId, orderId), ne(searches.id, searchId));
  if (kind === 'warm-up' && (await db.$count(searches, and(others, isNull(searches.endedAt)))) > 0) {
    throw new FastpathError(
      'search.not-ended',
      'searches that begin with this warm-up have not ended: cancel them first',
    );
  }
  await store.deletePrefix(`${searchPrefixOf(tenantId, searchId)}/`);
  await transact(db, async (tx) => {
    await tx.delete(webhookDeliveries).where(eq(webhookDeliveries.searchId, searchId));
    await tx.delete(searches).where(eq(searches.id, searchId));
  });
  // What the searches of an order have in common goes with the last of them.
  const left = await db.select().from(searches).where(others).limit(2);
  if (left.length === 1 && left[0]!.kind === 'warm-up' && left[0]!.endedAt !== null) {
    await deleteSearch({ db, store }, tenantId, left[0]!.id);
  } else if (left.length === 0) await store.deletePrefix(`${orderPrefixOf(tenantId, orderId)}/`);
}
