/** @file What a tenant was charged in a while, refunds taken off. */
import { and, eq, gte, inArray, lt, sql } from 'drizzle-orm';
import type { Db, Transaction } from '../../../shared/db/db.ts';
import { creditEntries } from '../../../shared/db/schema/index.ts';

/** In micro-dollars, from `start` to just before `end`. Negative where refunds of earlier charges outweigh. */
export async function spentBetween(db: Db | Transaction, tenantId: string, start: Date, end: Date): Promise<number> {
  const { kind, amountMicroUsd, at } = creditEntries;
  const [row] = await db
    .select({
      spent:
        sql`coalesce(sum(case ${kind} when 'charge' then ${amountMicroUsd} else -${amountMicroUsd} end), 0)`.mapWith(
          Number,
        ),
    })
    .from(creditEntries)
    .where(and(eq(creditEntries.tenantId, tenantId), inArray(kind, ['charge', 'refund']), gte(at, start), lt(at, end)));
  return row!.spent;
}
