/** @file Giving back what a search was charged that failed through no fault of the customer's. */
import { and, eq, sql } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { creditEntries } from '../../../shared/db/schema/index.ts';
import { lockReservation } from './reservation.ts';

/**
 * Gives back all that the search was charged, once: to the order's reservation, where other searches of it may use it,
 * or to the tenant where the order's rest was released already.
 * @returns what was given back by this call, in micro-dollars
 */
export async function refundSearch(
  { tx, clock }: { tx: Transaction; clock: Clock },
  tenantId: string,
  { orderId, searchId }: { orderId: string; searchId: string },
): Promise<number> {
  const reservation = await lockReservation(tx, tenantId, orderId);
  const [charges] = await tx
    .select({ sum: sql`coalesce(sum(${creditEntries.amountMicroUsd}), 0)`.mapWith(Number) })
    .from(creditEntries)
    .where(
      and(
        eq(creditEntries.tenantId, tenantId),
        eq(creditEntries.orderId, orderId),
        eq(creditEntries.searchId, searchId),
        eq(creditEntries.kind, 'charge'),
      ),
    );
  if (reservation === undefined || charges!.sum === 0) return 0;
  const refunded = await tx
    .insert(creditEntries)
    .values({
      tenantId,
      kind: 'refund',
      fromAccount: 'spent',
      toAccount: reservation.closedAt === null ? 'reserved' : 'available',
      amountMicroUsd: charges!.sum,
      orderId,
      searchId,
      at: clock.now(),
    })
    .onConflictDoNothing()
    .returning({ id: creditEntries.id });
  return refunded.length === 0 ? 0 : charges!.sum;
}
