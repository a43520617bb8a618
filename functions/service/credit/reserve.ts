/** @file Holding back what an order may cost at most. */
import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { creditBalances, creditEntries, creditReservations, tenants } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { monthOf } from '../month.ts';
import { checkAmount, formatUsd } from './amount.ts';
import { spentBetween } from './spent.ts';

/**
 * Reserves credit for an order that was inserted, open, in this transaction.
 * @throws FastpathError `credit.insufficient`, `credit.monthly-limit` (both 402), `credit.amount`
 */
export async function reserveCredit(
  { tx, clock }: { tx: Transaction; clock: Clock },
  tenantId: string,
  { orderId, amountMicroUsd }: { orderId: string; amountMicroUsd: number },
): Promise<void> {
  checkAmount(amountMicroUsd);
  // Rivals of the same tenant wait here, so that none of them counts on what another takes.
  const [balance] = await tx.select().from(creditBalances).where(eq(creditBalances.tenantId, tenantId)).for('update');
  const available = balance?.availableMicroUsd ?? 0;
  if (available < amountMicroUsd) {
    const message = `the order may cost ${formatUsd(amountMicroUsd)} and ${formatUsd(available)} of credit is free: lower maxCostUsd or add credit`;
    throw new FastpathError('credit.insufficient', message);
  }
  await checkMonthlyLimit({ tx, clock }, tenantId, amountMicroUsd);
  await tx.insert(creditEntries).values({
    tenantId,
    kind: 'reserve',
    fromAccount: 'available',
    toAccount: 'reserved',
    amountMicroUsd,
    orderId,
    at: clock.now(),
  });
}

/** What was spent this month, what open orders hold and the new amount stay within the tenant's limit. */
async function checkMonthlyLimit(
  { tx, clock }: { tx: Transaction; clock: Clock },
  tenantId: string,
  amountMicroUsd: number,
): Promise<void> {
  const [tenant] = await tx.select().from(tenants).where(eq(tenants.id, tenantId));
  const limit = tenant?.monthlyLimitMicroUsd ?? null;
  if (limit === null) return;
  const month = monthOf(clock.now());
  // Refunds of last month's charges do not make room in this one.
  const spent = Math.max(0, await spentBetween(tx, tenantId, month.start, month.end));
  const [open] = await tx
    .select({ held: sql`coalesce(sum(${creditReservations.heldMicroUsd}), 0)`.mapWith(Number) })
    .from(creditReservations)
    .where(and(eq(creditReservations.tenantId, tenantId), isNull(creditReservations.closedAt)));
  const left = Math.max(0, limit - spent - open!.held);
  if (amountMicroUsd <= left) return;
  const message = `the order may cost ${formatUsd(amountMicroUsd)} and ${formatUsd(left)} is left of this month's limit of ${formatUsd(limit)}: lower maxCostUsd or have the limit raised`;
  throw new FastpathError('credit.monthly-limit', message);
}
