import type { CreatedTenant, CreateTenant } from '../../../shared/contract/api/tenants.ts';
import { newId } from '../../../shared/db/id.ts';
import { tenants } from '../../../shared/db/schema/tenants.ts';
import { createKey, type KeyDependencies } from '../keys/create-key.ts';

/** A tenant with its first key, to be made in one transaction. Only this answer ever shows the key. */
export async function createTenant(
  deps: KeyDependencies,
  { name, monthlyLimitUsd }: CreateTenant,
): Promise<CreatedTenant> {
  const { db, clock } = deps;
  const id = newId('tn', clock);
  const createdAt = clock.now();
  const monthlyLimitMicroUsd = monthlyLimitUsd === undefined ? null : Math.round(monthlyLimitUsd * 1e6);
  await db.insert(tenants).values({ id, name, monthlyLimitMicroUsd, createdAt });
  const key = await createKey(deps, id, { name: 'first key', scopes: ['predict', 'search', 'admin'] });
  return { id, name, createdAt: createdAt.toISOString(), key };
}
