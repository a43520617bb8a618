/** @file The warm-up that the searches of a sweep share, as they see it. */
import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type { Db, Transaction } from '../../../shared/db/db.ts';
import { searches } from '../../../shared/db/schema/index.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import type { SearchRow } from './deps.ts';
import { lastRecords } from './last-words.ts';
import { failureReason, isCustomersFault, type Reason } from './reason.ts';

/** Undefined where the order has none. */
export async function findWarmUp(db: Db | Transaction, orderId: string): Promise<SearchRow | undefined> {
  const [row] = await db
    .select()
    .from(searches)
    .where(and(eq(searches.orderId, orderId), eq(searches.kind, 'warm-up')));
  return row;
}

/** Why searches cannot begin whose warm-up failed: for the reason that it has, and through the same one's fault. */
export async function warmUpFailure(store: ObjectStore, warmUp: SearchRow): Promise<Reason> {
  const { code, message } =
    warmUp.reasonCode === null
      ? failureReason(await lastRecords(store, searchPrefixOf(warmUp.tenantId, warmUp.id)), null, null)
      : { code: warmUp.reasonCode, message: warmUp.reasonMessage ?? '' };
  return { code, message: `the warm-up that it begins with failed: ${message}`.slice(0, 500) };
}

/** Whether no search is left that would begin with it: then nobody has to pay for the rest of it. */
export async function isIdle(db: Db, warmUp: SearchRow): Promise<boolean> {
  const waiting = and(
    eq(searches.orderId, warmUp.orderId),
    isNotNull(searches.arrayIndex),
    isNull(searches.endedAt),
    isNull(searches.cancelRequestedAt),
  );
  return (await db.select({ id: searches.id }).from(searches).where(waiting).limit(1)).length === 0;
}

/** Whether it came to nothing, and not by the customer's doing: all searches that it was for failed through our fault. */
export async function wasInVain(tx: Transaction, orderId: string): Promise<boolean> {
  const own = and(eq(searches.orderId, orderId), eq(searches.kind, 'search'));
  const found = await tx.select({ state: searches.state, code: searches.reasonCode }).from(searches).where(own);
  return found.every(({ state, code }) => state === 'failed' && !isCustomersFault({ code: code ?? '' }));
}
