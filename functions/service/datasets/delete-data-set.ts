import { and, eq } from 'drizzle-orm';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import type { DataSetDependencies } from './dependencies.ts';
import { findDataSet } from './find-data-set.ts';
import { uploadFolder } from './places.ts';

/**
 * Removes a data set and what was uploaded for it; a customer's own bucket or directory is left alone. Searches that
 * still run read on until they miss a file.
 * @throws FastpathError `data-set.unknown`
 */
export async function deleteDataSet(
  { db, store }: Pick<DataSetDependencies, 'db' | 'store'>,
  tenantId: string,
  id: string,
): Promise<void> {
  const { source } = await findDataSet({ db }, tenantId, id);
  // Objects first: while the row is there, a delete that broke off can be sent again.
  if (source === 'upload') await store.deletePrefix(uploadFolder(tenantId, id));
  await db.delete(dataSets).where(and(eq(dataSets.tenantId, tenantId), eq(dataSets.id, id)));
}
