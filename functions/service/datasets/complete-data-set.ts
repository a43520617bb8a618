import { and, eq } from 'drizzle-orm';
import type { DataSet } from '../../../shared/contract/api/data-sets.ts';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import { dataSetView } from './data-set-view.ts';
import type { DataSetDependencies } from './dependencies.ts';
import { findDataSet } from './find-data-set.ts';
import { checkUploaded } from './uploads.ts';

/**
 * Ends an upload: from here on `verifyDataSets` looks at it. Completing again changes nothing.
 * @throws FastpathError `data-set.unknown`, `data-set.incomplete` (upload what is missing and complete again)
 */
export async function completeDataSet(
  { db, store }: Pick<DataSetDependencies, 'db' | 'store'>,
  tenantId: string,
  id: string,
): Promise<DataSet> {
  const row = await findDataSet({ db }, tenantId, id);
  if (row.state !== 'pending') return dataSetView(row);
  await checkUploaded(store, tenantId, id);
  await db
    .update(dataSets)
    .set({ state: 'verifying' })
    .where(and(eq(dataSets.id, id), eq(dataSets.state, 'pending')));
  return dataSetView(await findDataSet({ db }, tenantId, id));
}
