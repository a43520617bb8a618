import type { CreatedSession } from '../../../../shared/contract/api/measurement-sessions.ts';
import { newId } from '../../../../shared/db/id.ts';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import { newSecret, sha256Of } from '../../keys/key-text.ts';
import type { HardwareDeps } from '../deps.ts';
import { codeMs, secretPrefixes, sessionView } from './session.ts';

/** A new session of the tenant. Only this answer ever shows its code. */
export async function createSession(
  { db, clock }: Pick<HardwareDeps, 'db' | 'clock'>,
  tenantId: string,
): Promise<CreatedSession> {
  const code = newSecret(secretPrefixes.code);
  const now = clock.now();
  const row = {
    id: newId('ms', clock),
    tenantId,
    codeSha256: sha256Of(code),
    codeExpiresAt: new Date(now.getTime() + codeMs),
    createdAt: now,
  };
  const [kept] = await db.insert(measurementSessions).values(row).returning();
  return { ...sessionView(kept!, 0, now), code };
}
