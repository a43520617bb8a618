import { and, eq, isNull } from 'drizzle-orm';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import { tenants } from '../../../../shared/db/schema/tenants.ts';
import { FastpathError } from '../../../../shared/errors.ts';
import { sha256Of } from '../../keys/key-text.ts';
import type { HardwareDeps } from '../deps.ts';
import { endOf } from './session.ts';

/** What a session's token opens. */
export interface OpenSession {
  id: string;
  tenantId: string;
  hardwareId: string;
}

/**
 * From an Authorization header to the session whose token it holds; null where it holds no such token.
 * @throws FastpathError `auth.unauthenticated` for a token that is not valid, or no longer
 */
export async function authenticateSession(
  { db, clock }: Pick<HardwareDeps, 'db' | 'clock'>,
  header: string | null,
): Promise<OpenSession | null> {
  const token = /^Bearer +(fpm_\S+) *$/i.exec(header ?? '')?.[1];
  if (token === undefined) return null;
  const [row] = await db
    .select({ session: measurementSessions })
    .from(measurementSessions)
    .innerJoin(tenants, and(eq(tenants.id, measurementSessions.tenantId), isNull(tenants.deletedAt)))
    .where(and(eq(measurementSessions.tokenSha256, sha256Of(token)), isNull(measurementSessions.endedAt)));
  const { id, tenantId, hardwareId = null, swappedAt = null } = row?.session ?? {};
  if (id !== undefined && tenantId !== undefined && hardwareId !== null && swappedAt !== null) {
    if (clock.now() < endOf(swappedAt)) return { id, tenantId, hardwareId };
  }
  throw new FastpathError('auth.unauthenticated', 'this measurement session is not valid, or over: ask for a new code');
}
