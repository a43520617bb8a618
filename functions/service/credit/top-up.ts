/** @file Money in. */
import type { Clock } from '../../../shared/clock.ts';
import type { Db, Transaction } from '../../../shared/db/db.ts';
import { creditEntries } from '../../../shared/db/schema/index.ts';
import { checkAmount } from './amount.ts';

export interface TopUp {
  amountMicroUsd: number;
  /** the operator's name for the payment; a second top-up of that name is the same one */
  reference: string;
}

/**
 * Adds credit.
 * @returns false where this reference was booked before; nothing is added then
 * @throws FastpathError `credit.amount`
 */
export async function topUp(
  { db, clock }: { db: Db | Transaction; clock: Clock },
  tenantId: string,
  { amountMicroUsd, reference }: TopUp,
): Promise<boolean> {
  checkAmount(amountMicroUsd);
  const booked = await db
    .insert(creditEntries)
    .values({
      tenantId,
      kind: 'top-up',
      fromAccount: 'funding',
      toAccount: 'available',
      amountMicroUsd,
      reference,
      at: clock.now(),
    })
    .onConflictDoNothing()
    .returning({ id: creditEntries.id });
  return booked.length === 1;
}
