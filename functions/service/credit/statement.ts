/** @file What a tenant has, and how it came to that. */
import { and, desc, eq, lt } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import { creditBalances, creditEntries, tenants } from '../../../shared/db/schema/index.ts';
import { monthOf } from '../month.ts';
import { spentBetween } from './spent.ts';

export interface Credit {
  /** free for new orders */
  availableMicroUsd: number;
  /** held back for open orders */
  reservedMicroUsd: number;
  /** charged so far, refunds taken off */
  spentMicroUsd: number;
  spentThisMonthMicroUsd: number;
  /** null: no limit but the credit */
  monthlyLimitMicroUsd: number | null;
}

export type CreditEntry = typeof creditEntries.$inferSelect;

export async function creditOf({ db, clock }: { db: Db; clock: Clock }, tenantId: string): Promise<Credit> {
  const month = monthOf(clock.now());
  const [row] = await db
    .select({
      available: creditBalances.availableMicroUsd,
      reserved: creditBalances.reservedMicroUsd,
      spent: creditBalances.spentMicroUsd,
      limit: tenants.monthlyLimitMicroUsd,
    })
    .from(tenants)
    .leftJoin(creditBalances, eq(creditBalances.tenantId, tenants.id))
    .where(eq(tenants.id, tenantId));
  return {
    availableMicroUsd: row?.available ?? 0,
    reservedMicroUsd: row?.reserved ?? 0,
    spentMicroUsd: row?.spent ?? 0,
    spentThisMonthMicroUsd: await spentBetween(db, tenantId, month.start, month.end),
    monthlyLimitMicroUsd: row?.limit ?? null,
  };
}

/** The ledger, newest first. @param before id of the last entry of the page before */
export async function creditEntriesOf(
  { db }: { db: Db },
  tenantId: string,
  { before, limit }: { before?: number; limit: number },
): Promise<CreditEntry[]> {
  return await db
    .select()
    .from(creditEntries)
    .where(and(eq(creditEntries.tenantId, tenantId), before === undefined ? undefined : lt(creditEntries.id, before)))
    .orderBy(desc(creditEntries.id))
    .limit(limit);
}
