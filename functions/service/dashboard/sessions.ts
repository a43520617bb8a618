/** @file Browsers that signed in with an API key. Only the SHA-256 of a session's token is kept. */
import { and, eq, gt, isNull } from 'drizzle-orm';
import { dashboardSessions, keys, tenants } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { type AuthenticateDependencies, authenticate, type Caller } from '../keys/authenticate.ts';
import { newSecret, sha256Of } from '../keys/key-text.ts';

export interface DashboardSession {
  /** for the cookie; shown this once */
  token: string;
  expiresAt: Date;
}

type SessionDeps = Pick<AuthenticateDependencies, 'db' | 'clock'>;

/** A session ends so long after its sign-in, whatever happens in it. */
const lifetimeMs = 7 * 24 * 3600_000;

/**
 * Exchanges an API key for a session with the key's rights.
 * @throws FastpathError `auth.unauthenticated`; `auth.forbidden` for the operator's key, which belongs to no tenant
 */
export async function openDashboardSession(
  dependencies: AuthenticateDependencies,
  key: string,
): Promise<DashboardSession> {
  const { db, clock } = dependencies;
  const { tenantId, keyId } = await authenticate(dependencies, `Bearer ${key}`);
  if (keyId === null) {
    throw new FastpathError('auth.forbidden', 'the operator has no searches to look at: sign in with a tenant’s key');
  }
  const token = newSecret('fps');
  const createdAt = clock.now();
  const expiresAt = new Date(createdAt.getTime() + lifetimeMs);
  await db.insert(dashboardSessions).values({ tokenSha256: sha256Of(token), tenantId, keyId, createdAt, expiresAt });
  return { token, expiresAt };
}

/** Who is signed in; null where the session is over, or its key was revoked. */
export async function findDashboardSession({ db, clock }: SessionDeps, token: string): Promise<Caller | null> {
  const [row] = await db
    .select({ tenantId: keys.tenantId, keyId: keys.id, scopes: keys.scopes })
    .from(dashboardSessions)
    .innerJoin(keys, and(eq(keys.id, dashboardSessions.keyId), isNull(keys.revokedAt)))
    .innerJoin(tenants, and(eq(tenants.id, keys.tenantId), isNull(tenants.deletedAt)))
    .where(and(eq(dashboardSessions.tokenSha256, sha256Of(token)), gt(dashboardSessions.expiresAt, clock.now())));
  return row === undefined ? null : { ...row, operator: false };
}

/** Signs out. */
export async function closeDashboardSession({ db }: Pick<SessionDeps, 'db'>, token: string): Promise<void> {
  await db.delete(dashboardSessions).where(eq(dashboardSessions.tokenSha256, sha256Of(token)));
}
