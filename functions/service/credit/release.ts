/** @file Freeing what an order did not use. */
import { eq } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { creditEntries, creditReservations } from '../../../shared/db/schema/index.ts';
import { lockReservation } from './reservation.ts';

/**
 * Closes an order's reservation once its last search has ended and been charged: the rest is free again. Done once.
 * @returns what was released by this call, in micro-dollars
 */
export async function releaseCredit(
  { tx, clock }: { tx: Transaction; clock: Clock },
  tenantId: string,
  { orderId }: { orderId: string },
): Promise<number> {
  const reservation = await lockReservation(tx, tenantId, orderId);
  if (reservation === undefined || reservation.closedAt !== null) return 0;
  const rest = reservation.heldMicroUsd;
  if (rest > 0) {
    await tx.insert(creditEntries).values({
      tenantId,
      kind: 'release',
      fromAccount: 'reserved',
      toAccount: 'available',
      amountMicroUsd: rest,
      orderId,
      at: clock.now(),
    });
  }
  await tx.update(creditReservations).set({ closedAt: clock.now() }).where(eq(creditReservations.orderId, orderId));
  return rest;
}
