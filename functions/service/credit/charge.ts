/** @file Paying for what an attempt used, out of its order's reservation. */
import { and, eq } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { creditEntries } from '../../../shared/db/schema/index.ts';
import { lockReservation } from './reservation.ts';

export interface Charge {
  orderId: string;
  searchId: string;
  attempt: number;
  /** what it cost */
  amountMicroUsd: number;
}

/**
 * Charges an attempt, once however often it is asked for, and never more than its order still holds: what a search runs
 * over its maximum is not the customer's. Nothing is charged once the search was refunded or the order's rest released.
 * @returns what the attempt has been charged, in micro-dollars
 */
export async function chargeAttempt(
  { tx, clock }: { tx: Transaction; clock: Clock },
  tenantId: string,
  { orderId, searchId, attempt, amountMicroUsd }: Charge,
): Promise<number> {
  const reservation = await lockReservation(tx, tenantId, orderId);
  const earlier = await tx
    .select()
    .from(creditEntries)
    .where(and(eq(creditEntries.tenantId, tenantId), eq(creditEntries.searchId, searchId)));
  const charged = earlier.find((entry) => entry.attempt === attempt);
  if (charged !== undefined) return charged.amountMicroUsd;
  const refunded = earlier.some((entry) => entry.kind === 'refund');
  const amount = refunded ? 0 : Math.min(amountMicroUsd, reservation?.heldMicroUsd ?? 0);
  if (amount === 0) return 0;
  await tx.insert(creditEntries).values({
    tenantId,
    kind: 'charge',
    fromAccount: 'reserved',
    toAccount: 'spent',
    amountMicroUsd: amount,
    orderId,
    searchId,
    attempt,
    at: clock.now(),
  });
  return amount;
}
