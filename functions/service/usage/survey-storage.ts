/**
 * @file Looks once a day at all that each tenant keeps in the object store: how much it is, and whether everything has an
 * owner. What was written behind a deletion, or was put there for an order that then did not come about, has none.
 */
import { and, eq, exists, inArray, isNull, ne, not } from 'drizzle-orm';
import { timeOfId } from '../../../shared/db/id.ts';
import { dataSets, orders, publicTenant, searches, tenants, usageEvents } from '../../../shared/db/schema/index.ts';
import type { SearchDeps } from '../searches/deps.ts';
import { dayOf, recordStorage } from './record.ts';

/** Objects come before their rows; no request takes that long. */
const ownedAfterMs = 24 * 3600_000;
const lookedUpAtOnce = 500;

type SurveyDeps = Pick<SearchDeps, 'db' | 'store' | 'clock'>;

/** Surveys every tenant that was not yet on this day (UTC). */
export async function surveyStorage(deps: SurveyDeps): Promise<void> {
  const { db, clock } = deps;
  const recorded = db
    .select({ id: usageEvents.id })
    .from(usageEvents)
    .where(
      and(
        eq(usageEvents.tenantId, tenants.id),
        eq(usageEvents.kind, 'storage'),
        eq(usageEvents.day, dayOf(clock.now())),
      ),
    );
  const due = await db
    .select({ id: tenants.id })
    .from(tenants)
    .where(and(isNull(tenants.deletedAt), ne(tenants.id, publicTenant), not(exists(recorded))));
  for (const { id } of due) await survey(deps, id);
}

async function survey({ db, store, clock }: SurveyDeps, tenantId: string): Promise<void> {
  const folder = `tenants/${tenantId}/`;
  let bytes = 0;
  /** folders of old enough searches, orders and data sets, by their ids */
  const found = new Map<string, string>();
  for await (const { key, size } of store.list(folder)) {
    bytes += size;
    const [kind, id] = key.slice(folder.length).split('/');
    const madeAt = id !== undefined && /^(searches|datasets|orders)$/.test(kind!) ? timeOfId(id) : null;
    if (madeAt !== null && clock.now().getTime() - madeAt.getTime() > ownedAfterMs)
      found.set(id!, `${folder}${kind}/${id}/`);
  }
  const ids = [...found.keys()];
  for (let i = 0; i < ids.length; i += lookedUpAtOnce) {
    const some = ids.slice(i, i + lookedUpAtOnce);
    const owned = [
      ...(await db.select({ id: searches.id }).from(searches).where(inArray(searches.id, some))),
      ...(await db.select({ id: orders.id }).from(orders).where(inArray(orders.id, some))),
      ...(await db.select({ id: dataSets.id }).from(dataSets).where(inArray(dataSets.id, some))),
    ];
    for (const { id } of owned) found.delete(id);
  }
  for (const orphan of found.values()) await store.deletePrefix(orphan);
  // Last: a survey that was cut off is made again.
  await recordStorage(db, tenantId, bytes, clock.now());
}
