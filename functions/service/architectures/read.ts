/** @file Architectures that a tenant's searches found, and the files beside them. */
import { and, asc, desc, eq } from 'drizzle-orm';
import type { FoundArchitecture } from '../../../shared/contract/api/architectures.ts';
import type { Db } from '../../../shared/db/db.ts';
import { architectures } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { resultKey, searchPrefixOf } from '../../../shared/store/search-keys.ts';

interface Stores {
  db: Db;
  store: ObjectStore;
}

export type Row = typeof architectures.$inferSelect;

/** @throws FastpathError `architecture.missing` */
export async function getArchitecture({ db, store }: Stores, tenantId: string, id: string): Promise<FoundArchitecture> {
  const row = await findRow(db, tenantId, id);
  return {
    id: row.id,
    searchId: row.searchId,
    role: row.role,
    architecture: row.body,
    macs: row.macs,
    parameters: row.parameters,
    metrics: row.metrics,
    files: row.role === 'result' ? await filesOf(store, row) : [],
    createdAt: row.createdAt.toISOString(),
  };
}

/** The store's key of one of its files. @throws FastpathError `architecture.missing` */
export async function findFile({ db, store }: Stores, tenantId: string, id: string, name: string): Promise<string> {
  const row = await findRow(db, tenantId, id);
  const files = row.role === 'result' ? await filesOf(store, row) : [];
  if (!files.some((file) => file.name === name)) {
    const message = `architecture ${id} has no file ${name}: GET /v1/architectures/${id} lists those there are`;
    throw new FastpathError('architecture.missing', message);
  }
  return resultKey(searchPrefixOf(tenantId, row.searchId), name);
}

/**
 * Of several searches that found it the first that was for it, or else the first.
 * @throws FastpathError `architecture.missing`
 */
export async function findRow(db: Db, tenantId: string, id: string): Promise<Row> {
  const [row] = await db
    .select()
    .from(architectures)
    .where(and(eq(architectures.tenantId, tenantId), eq(architectures.id, id)))
    .orderBy(desc(architectures.role), asc(architectures.createdAt), asc(architectures.searchId))
    .limit(1);
  if (row !== undefined) return row;
  throw new FastpathError('architecture.missing', `there is no architecture ${id}: searches name those they found`);
}

async function filesOf(store: ObjectStore, { tenantId, searchId }: Row): Promise<FoundArchitecture['files']> {
  const folder = resultKey(searchPrefixOf(tenantId, searchId), '');
  const files: FoundArchitecture['files'] = [];
  for await (const { key, size } of store.list(folder)) files.push({ name: key.slice(folder.length), bytes: size });
  return files;
}
