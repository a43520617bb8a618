/** @file Finding a tenant's search. Another tenant's does not exist. */
import type { Db } from '../../../shared/db/db.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { SearchRow } from './deps.ts';

export function searchMissing(searchId: string): FastpathError {
  return new FastpathError('search.missing', `there is no search ${searchId}: GET /v1/searches lists yours`);
}

/** @throws FastpathError `search.missing` */
export async function findSearch({ db }: { db: Db }, tenantId: string, searchId: string): Promise<SearchRow> {
  const row = await db.query.searches.findFirst({
    where: (search, { and, eq }) => and(eq(search.id, searchId), eq(search.tenantId, tenantId)),
  });
  if (row === undefined) throw searchMissing(searchId);
  return row;
}
