/** @file An order's reservation, locked until the transaction ends. */
import { and, eq } from 'drizzle-orm';
import type { Transaction } from '../../../shared/db/db.ts';
import { creditReservations } from '../../../shared/db/schema/index.ts';

export type Reservation = typeof creditReservations.$inferSelect;

/** Undefined where nothing was ever reserved for the order. */
export async function lockReservation(
  tx: Transaction,
  tenantId: string,
  orderId: string,
): Promise<Reservation | undefined> {
  const [reservation] = await tx
    .select()
    .from(creditReservations)
    .where(and(eq(creditReservations.orderId, orderId), eq(creditReservations.tenantId, tenantId)))
    .for('update');
  return reservation;
}
