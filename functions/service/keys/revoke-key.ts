import { and, eq, sql } from 'drizzle-orm';
import { keys } from '../../../shared/db/schema/keys.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { KeyDependencies } from './create-key.ts';
import type { KnownKeys } from './known-keys.ts';
import { writeMirror } from './mirror.ts';

/**
 * Revokes a key: at once here, within a minute at the edge. Revoking it again is fine, and is how to go on after a
 * `store.unavailable`, which leaves the edge to be told.
 * @throws FastpathError `key.unknown` where the tenant has no such key
 */
export async function revokeKey(
  { db, store, clock, known }: KeyDependencies & { known: KnownKeys },
  tenantId: string,
  id: string,
): Promise<void> {
  const [row] = await db
    .update(keys)
    .set({ revokedAt: sql`coalesce(${keys.revokedAt}, ${clock.now().toISOString()}::timestamptz)` })
    .where(and(eq(keys.tenantId, tenantId), eq(keys.id, id)))
    .returning();
  if (row === undefined) throw new FastpathError('key.unknown', `there is no key ${id}: GET /v1/keys lists yours`);
  known.forget(row.sha256);
  await writeMirror(store, row.sha256, { tenant: tenantId, scopes: row.scopes, revoked: true });
}
