/** @file Reading searches as the API shows them. */
import { and, asc, desc, eq, lt } from 'drizzle-orm';
import type { Page, PageQuery } from '../../../shared/contract/api/common.ts';
import type { Search, SearchDetail } from '../../../shared/contract/api/searches.ts';
import type { Db } from '../../../shared/db/db.ts';
import { attempts, searches } from '../../../shared/db/schema/index.ts';
import type { SearchState } from '../../../shared/search-state/search-state.ts';
import { pageOf } from '../page.ts';
import { findSearch } from './find.ts';
import { searchView } from './view.ts';

export interface SearchQuery extends PageQuery {
  state?: SearchState | undefined;
  orderId?: string | undefined;
}

/** Newest first. */
export async function listSearches({ db }: { db: Db }, tenantId: string, query: SearchQuery): Promise<Page<Search>> {
  const { limit, after, state, orderId } = query;
  const rows = await db
    .select()
    .from(searches)
    .where(
      and(
        eq(searches.tenantId, tenantId),
        after === undefined ? undefined : lt(searches.id, after),
        state === undefined ? undefined : eq(searches.state, state),
        orderId === undefined ? undefined : eq(searches.orderId, orderId),
      ),
    )
    .orderBy(desc(searches.id))
    .limit(limit + 1);
  return pageOf(rows, limit, searchView);
}

/** @throws FastpathError `search.missing` */
export async function getSearch({ db }: { db: Db }, tenantId: string, id: string): Promise<SearchDetail> {
  const search = await findSearch({ db }, tenantId, id);
  const rows = await db.select().from(attempts).where(eq(attempts.searchId, id)).orderBy(asc(attempts.n));
  return {
    ...searchView(search),
    attempts: rows.map((row) => ({
      n: row.n,
      startedAt: row.startedAt?.toISOString() ?? null,
      stoppedAt: row.stoppedAt?.toISOString() ?? null,
      exitReason: row.exitReason,
      computeSeconds: row.gpuSeconds,
      instanceType: row.instanceType,
      pricePerHourUsd: row.pricePerHourMicroUsd === null ? null : row.pricePerHourMicroUsd / 1e6,
    })),
  };
}
