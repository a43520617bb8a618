/** @file Finding a tenant's search. Another tenant's does not exist. */
import type { Db } from '../../../shared/db/db.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { SearchState } from '../../../shared/search-state/search-state.ts';
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

/** Whoever it belongs to; null where there is no such search. */
export async function readSearchState(db: Db, id: string): Promise<SearchState | null> {
  const row = await db.query.searches.findFirst({ columns: { state: true }, where: (row, { eq }) => eq(row.id, id) });
  return row?.state ?? null;
}
