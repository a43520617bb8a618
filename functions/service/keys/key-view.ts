import type { Key } from '../../../shared/contract/api/keys.ts';
import type { keys } from '../../../shared/db/schema/keys.ts';

/** A key as the API shows it. */
export function keyView(row: typeof keys.$inferSelect): Key {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    scopes: row.scopes,
    createdAt: row.createdAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
    revokedAt: row.revokedAt?.toISOString() ?? null,
  };
}
