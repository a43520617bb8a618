/** @file Whether the schedule has anything to come back for. */
import { eq, isNull } from 'drizzle-orm';
import type { Db } from '../../shared/db/db.ts';
import { dataSets, searches, webhookDeliveries } from '../../shared/db/schema/index.ts';

/** A search that has not ended, a data set to look into, a webhook to be told. */
export async function isBusy(db: Db): Promise<boolean> {
  if ((await db.$count(searches, isNull(searches.endedAt))) > 0) return true;
  if ((await db.$count(dataSets, eq(dataSets.state, 'verifying'))) > 0) return true;
  return (await db.$count(webhookDeliveries, eq(webhookDeliveries.state, 'pending'))) > 0;
}
