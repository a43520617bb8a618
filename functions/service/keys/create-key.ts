import type { Clock } from '../../../shared/clock.ts';
import type { CreatedKey, CreateKey } from '../../../shared/contract/api/keys.ts';
import type { Db } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { keys } from '../../../shared/db/schema/keys.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { newKeyText, prefixOf, sha256Of } from './key-text.ts';
import { keyView } from './key-view.ts';
import { writeMirror } from './mirror.ts';

export interface KeyDependencies {
  db: Db;
  store: ObjectStore;
  clock: Clock;
}

/**
 * A new key of the tenant. Only this answer ever shows it.
 * @param secret for a key that is already written down somewhere; otherwise a new one
 */
export async function createKey(
  { db, store, clock }: KeyDependencies,
  tenantId: string,
  request: CreateKey,
  secret = newKeyText(),
): Promise<CreatedKey> {
  const scopes = [...new Set(request.scopes)];
  const sha256 = sha256Of(secret);
  const row = {
    id: newId('key', clock),
    tenantId,
    name: request.name,
    prefix: prefixOf(secret),
    sha256,
    scopes,
    createdAt: clock.now(),
  };
  const kept = await db.transaction(async (transaction) => {
    const [inserted] = await transaction.insert(keys).values(row).returning();
    // Before the commit: a key that exists works everywhere. A copy that stays behind is of a key nobody was shown.
    await writeMirror(store, sha256, { tenant: tenantId, scopes, revoked: false });
    return inserted!;
  });
  return { ...keyView(kept), secret };
}
