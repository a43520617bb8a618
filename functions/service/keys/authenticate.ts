/** @file From an Authorization header to who is asking. */
import { timingSafeEqual } from 'node:crypto';
import { and, eq, isNull, lt, or } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import { type KeyScope, keys } from '../../../shared/db/schema/keys.ts';
import { publicTenant, tenants } from '../../../shared/db/schema/tenants.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { isKeyText, prefixOf, sha256Of } from './key-text.ts';
import type { KnownKey, KnownKeys } from './known-keys.ts';

export interface Caller {
  tenantId: string;
  /** null: the operator's key, which is no row */
  keyId: string | null;
  scopes: readonly KeyScope[];
  /** may top up credit and write public hardware */
  operator: boolean;
}

export interface AuthenticateDependencies {
  db: Db;
  clock: Clock;
  known: KnownKeys;
  /** SHA-256 of the operator's key as hex; null: nobody is the operator */
  operatorSha256: string | null;
}

/** `lastUsedAt` moves no more often than this: one write a minute and key, not one a request. */
const useNotedMs = 60_000;
const nobody = Buffer.alloc(32);

/**
 * @param header of `Authorization`, or null
 * @throws FastpathError `auth.unauthenticated`, without saying whether such a key exists or existed
 */
export async function authenticate(dependencies: AuthenticateDependencies, header: string | null): Promise<Caller> {
  const key = bearer(header);
  const sha256 = sha256Of(key);
  const { operatorSha256, known, clock } = dependencies;
  if (operatorSha256 !== null && isSame(sha256, Buffer.from(operatorSha256, 'hex'))) {
    return { tenantId: publicTenant, keyId: null, scopes: ['predict', 'search', 'admin'], operator: true };
  }
  const nowMs = clock.now().getTime();
  const found = known.find(sha256, nowMs) ?? (await lookUp(dependencies, key, sha256));
  known.add(sha256, found, nowMs);
  return { ...found, operator: false };
}

export function hasScope({ scopes }: Caller, scope: KeyScope): boolean {
  return scopes.includes(scope) || scopes.includes('admin');
}

/** @throws FastpathError `auth.forbidden` */
export function requireScope(caller: Caller, scope: KeyScope): void {
  if (hasScope(caller, scope)) return;
  throw new FastpathError(
    'auth.forbidden',
    `this needs a key with scope ${scope}, and yours has ${caller.scopes.join(' and ')}: use another key`,
  );
}

/** The key in an Authorization header; throws `auth.unauthenticated`. */
export function bearer(header: string | null): string {
  const key = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1];
  if (key !== undefined && isKeyText(key)) return key;
  const found = header === null ? 'there is none' : 'it holds no key';
  throw new FastpathError(
    'auth.unauthenticated',
    `the header Authorization has to be "Bearer fp_…", and ${found}: send your API key`,
  );
}

async function lookUp({ db, clock }: AuthenticateDependencies, key: string, sha256: string): Promise<KnownKey> {
  const [row] = await db
    .select({ key: keys })
    .from(keys)
    .innerJoin(tenants, and(eq(tenants.id, keys.tenantId), isNull(tenants.deletedAt)))
    .where(eq(keys.prefix, prefixOf(key)));
  const same = isSame(sha256, row === undefined ? nobody : Buffer.from(row.key.sha256, 'hex'));
  if (row === undefined || !same || row.key.revokedAt !== null) {
    throw new FastpathError('auth.unauthenticated', 'this API key is not valid, or no longer: use another one');
  }
  const { id, tenantId, scopes } = row.key;
  await noteUse(db, id, clock.now());
  return { tenantId, keyId: id, scopes };
}

async function noteUse(db: Db, id: string, now: Date): Promise<void> {
  const before = new Date(now.getTime() - useNotedMs);
  const due = or(isNull(keys.lastUsedAt), lt(keys.lastUsedAt, before));
  await db
    .update(keys)
    .set({ lastUsedAt: now })
    .where(and(eq(keys.id, id), due));
}

/** In a time that does not depend on where they differ. */
function isSame(sha256: string, other: Buffer): boolean {
  return timingSafeEqual(Buffer.from(sha256, 'hex'), other);
}
