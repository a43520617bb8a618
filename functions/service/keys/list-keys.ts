import { and, desc, eq, lt } from 'drizzle-orm';
import type { Page, PageQuery } from '../../../shared/contract/api/common.ts';
import type { Key } from '../../../shared/contract/api/keys.ts';
import type { Db } from '../../../shared/db/db.ts';
import { keys } from '../../../shared/db/schema/keys.ts';
import { pageOf } from '../page.ts';
import { keyView } from './key-view.ts';

/** The tenant's keys, revoked ones too, newest first. */
export async function listKeys({ db }: { db: Db }, tenantId: string, { limit, after }: PageQuery): Promise<Page<Key>> {
  const rows = await db
    .select()
    .from(keys)
    .where(and(eq(keys.tenantId, tenantId), after === undefined ? undefined : lt(keys.id, after)))
    .orderBy(desc(keys.id))
    .limit(limit + 1);
  return pageOf(rows, limit, keyView);
}
