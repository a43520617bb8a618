import { and, eq, isNull, sql } from 'drizzle-orm';
import type { DeletedTenant } from '../../../shared/contract/api/tenants.ts';
import { keys } from '../../../shared/db/schema/keys.ts';
import { localTenant, publicTenant, tenants } from '../../../shared/db/schema/tenants.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { Caller } from '../keys/authenticate.ts';
import type { KeyDependencies } from '../keys/create-key.ts';
import type { KnownKeys } from '../keys/known-keys.ts';

/**
 * Begins to delete a tenant: its keys open nothing from now on, and `eraseTenants` does the rest. Doing it again changes
 * nothing.
 * @throws FastpathError `tenant.missing` (another's, for all but the operator), `tenant.built-in`
 */
export async function deleteTenant(
  { db, clock, known }: Pick<KeyDependencies, 'db' | 'clock'> & { known: KnownKeys },
  caller: Caller,
  id: string,
): Promise<DeletedTenant> {
  if (!caller.operator && caller.tenantId !== id) throw missing(id);
  if (id === localTenant || id === publicTenant) {
    const message = `the tenant ${id} belongs to this server: delete its searches and data sets one by one`;
    throw new FastpathError('tenant.built-in', message);
  }
  return transact(db, async (tx) => {
    const now = clock.now();
    const [row] = await tx
      .update(tenants)
      .set({ deletedAt: sql`coalesce(${tenants.deletedAt}, ${now.toISOString()}::timestamptz)` })
      .where(eq(tenants.id, id))
      .returning({ deletedAt: tenants.deletedAt });
    if (row === undefined) throw missing(id);
    const own = await tx
      .update(keys)
      .set({ revokedAt: now })
      .where(and(eq(keys.tenantId, id), isNull(keys.revokedAt)))
      .returning({ sha256: keys.sha256 });
    for (const { sha256 } of own) known.forget(sha256);
    return { id, deletedAt: row.deletedAt!.toISOString() };
  });
}

function missing(id: string): FastpathError {
  return new FastpathError('tenant.missing', `there is no tenant ${id}, or it is not yours: check the id`);
}
