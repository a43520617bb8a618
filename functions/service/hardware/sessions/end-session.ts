import { sql } from 'drizzle-orm';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import type { HardwareDeps } from '../deps.ts';
import { ofTenant, unknownSession } from './session.ts';

/** At once: its code and its token are worth nothing any more; what it measured stays. @throws FastpathError `session.unknown` */
export async function endSession(
  { db, clock }: Pick<HardwareDeps, 'db' | 'clock'>,
  tenantId: string,
  id: string,
): Promise<void> {
  const ended = await db
    .update(measurementSessions)
    .set({ endedAt: sql`coalesce(${measurementSessions.endedAt}, ${clock.now().toISOString()}::timestamptz)` })
    .where(ofTenant(tenantId, id))
    .returning({ id: measurementSessions.id });
  if (ended.length === 0) throw unknownSession(id);
}
