/** @file Credit as the API shows it. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Page } from '../../../shared/contract/api/common.ts';
import type { Credit, CreditEntry, TopUp } from '../../../shared/contract/api/credit.ts';
import type { Db } from '../../../shared/db/db.ts';
import { tenants } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { creditEntriesOf, creditOf } from './statement.ts';
import { topUp } from './top-up.ts';

interface CreditDeps {
  db: Db;
  clock: Clock;
}

export async function creditView(deps: CreditDeps, tenantId: string): Promise<Credit> {
  const credit = await creditOf(deps, tenantId);
  const { availableMicroUsd, reservedMicroUsd, spentMicroUsd, spentThisMonthMicroUsd, monthlyLimitMicroUsd } = credit;
  const limited = monthlyLimitMicroUsd !== null;
  return {
    availableUsd: availableMicroUsd / 1e6,
    reservedUsd: reservedMicroUsd / 1e6,
    spentUsd: spentMicroUsd / 1e6,
    fundedUsd: (availableMicroUsd + reservedMicroUsd + spentMicroUsd) / 1e6,
    monthlyLimitUsd: limited ? monthlyLimitMicroUsd / 1e6 : null,
    monthLeftUsd: limited ? Math.max(0, monthlyLimitMicroUsd - spentThisMonthMicroUsd - reservedMicroUsd) / 1e6 : null,
  };
}

export async function entryPage(
  { db }: { db: Db },
  tenantId: string,
  { limit, after }: { limit: number; after?: number | undefined },
): Promise<Page<CreditEntry>> {
  const rows = await creditEntriesOf({ db }, tenantId, {
    limit: limit + 1,
    ...(after === undefined ? {} : { before: after }),
  });
  const items = rows.slice(0, limit).map((row) => ({
    id: row.id,
    kind: row.kind,
    amountUsd: row.amountMicroUsd / 1e6,
    from: row.fromAccount,
    to: row.toAccount,
    reference: row.reference,
    orderId: row.orderId,
    searchId: row.searchId,
    attempt: row.attempt,
    at: row.at.toISOString(),
  }));
  return { items, next: rows.length > limit ? String(items.at(-1)!.id) : null };
}

/** The operator's. @throws FastpathError `tenant.missing`, `credit.amount` */
export async function topUpTenant(deps: CreditDeps, { tenantId, amountUsd, reference }: TopUp): Promise<Credit> {
  const [tenant] = await deps.db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(eq(tenants.id, tenantId), isNull(tenants.deletedAt)));
  if (tenant === undefined) throw new FastpathError('tenant.missing', `there is no tenant ${tenantId}: check its id`);
  await topUp(deps, tenantId, { amountMicroUsd: Math.round(amountUsd * 1e6), reference });
  return creditView(deps, tenantId);
}
