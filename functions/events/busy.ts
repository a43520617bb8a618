/** @file Whether the schedule has anything to come back for. */
import { and, eq, gt, isNotNull, isNull, ne, sql } from 'drizzle-orm';
import type { Db } from '../../shared/db/db.ts';
import { dataSets, hardware, searches, tenants, webhookDeliveries } from '../../shared/db/schema/index.ts';

/** A search that has not ended, a data set to look into, a model to fit, a webhook to be told, a tenant to erase. */
export async function isBusy(db: Db): Promise<boolean> {
  const one = sql<number>`1`;
  const looks = [
    db.select({ one }).from(searches).where(isNull(searches.endedAt)).limit(1),
    db.select({ one }).from(dataSets).where(eq(dataSets.state, 'verifying')).limit(1),
    db.select({ one }).from(hardware).where(gt(hardware.uploads, hardware.uploadsFitted)).limit(1),
    db
      .select({ one })
      .from(tenants)
      .where(and(isNotNull(tenants.deletedAt), ne(tenants.name, '')))
      .limit(1),
    db.select({ one }).from(webhookDeliveries).where(eq(webhookDeliveries.state, 'pending')).limit(1),
  ];
  return (await Promise.all(looks)).some((found) => found.length > 0);
}
