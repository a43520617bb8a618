import { and, eq, isNull } from 'drizzle-orm';
import { dataSets, orders, searches } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { DataSetDependencies } from './dependencies.ts';
import { findDataSet } from './find-data-set.ts';
import { uploadFolder } from './places.ts';

/**
 * Removes a data set and what was uploaded for it; a customer's own bucket or directory is left alone.
 * @throws FastpathError `data-set.unknown`, `data-set.in-use` while searches run on it
 */
export async function deleteDataSet(
  { db, store }: Pick<DataSetDependencies, 'db' | 'store'>,
  tenantId: string,
  id: string,
): Promise<void> {
  const { source } = await findDataSet({ db }, tenantId, id);
  const running = await db
    .select({ id: searches.id })
    .from(searches)
    .innerJoin(orders, eq(orders.id, searches.orderId))
    .where(and(eq(orders.tenantId, tenantId), eq(orders.dataSetId, id), isNull(searches.endedAt)));
  if (running.length > 0) {
    const message = `${running.length === 1 ? 'a search runs' : `${running.length} searches run`} on this data set, ${running[0]!.id} for one: cancel first`;
    throw new FastpathError('data-set.in-use', message);
  }
  // Objects first: while the row is there, a delete that broke off can be sent again.
  if (source === 'upload') await store.deletePrefix(uploadFolder(tenantId, id));
  await db.delete(dataSets).where(and(eq(dataSets.tenantId, tenantId), eq(dataSets.id, id)));
}
