/** @file How much each tenant keeps in the object store, looked up once a day. */
import { and, isNull, ne } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import { publicTenant, tenants } from '../../../shared/db/schema/index.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { recordStorage } from './record.ts';

/** Records today's bytes of every tenant; called again on the same day it changes nothing. */
export async function measureStorage({
  db,
  store,
  clock,
}: {
  db: Db;
  store: ObjectStore;
  clock: Clock;
}): Promise<void> {
  const owners = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(isNull(tenants.deletedAt), ne(tenants.id, publicTenant)));
  for (const { id } of owners) {
    let bytes = 0;
    for await (const { size } of store.list(`tenants/${id}/`)) bytes += size;
    await recordStorage(db, id, bytes, clock.now());
  }
}
