import { and, desc, eq, lt } from 'drizzle-orm';
import type { Page, PageQuery } from '../../../shared/contract/api/common.ts';
import type { DataSet } from '../../../shared/contract/api/data-sets.ts';
import type { Db } from '../../../shared/db/db.ts';
import { dataSets } from '../../../shared/db/schema/data-sets.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { pageOf } from '../page.ts';
import { type DataSetRow, dataSetView } from './data-set-view.ts';

/** The tenant's data set; throws `data-set.unknown`, for those of others as well. */
export async function findDataSet({ db }: { db: Db }, tenantId: string, id: string): Promise<DataSetRow> {
  const own = and(eq(dataSets.tenantId, tenantId), eq(dataSets.id, id));
  const [row] = await db.select().from(dataSets).where(own);
  if (row !== undefined) return row;
  throw new FastpathError('data-set.unknown', `there is no data set ${id}: GET /v1/datasets lists yours`);
}

/** The tenant's data sets, newest first. */
export async function listDataSets(
  { db }: { db: Db },
  tenantId: string,
  { limit, after }: PageQuery,
): Promise<Page<DataSet>> {
  const rows = await db
    .select()
    .from(dataSets)
    .where(and(eq(dataSets.tenantId, tenantId), after === undefined ? undefined : lt(dataSets.id, after)))
    .orderBy(desc(dataSets.id))
    .limit(limit + 1);
  return pageOf(rows, limit, dataSetView);
}
