import { count, eq } from 'drizzle-orm';
import type { MeasurementSession } from '../../../../shared/contract/api/measurement-sessions.ts';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import { measurements } from '../../../../shared/db/schema/measurements.ts';
import type { HardwareDeps } from '../deps.ts';
import { ofTenant, sessionView, unknownSession } from './session.ts';

/** @throws FastpathError `session.unknown`, for those of others as well */
export async function findSession(
  { db, clock }: Pick<HardwareDeps, 'db' | 'clock'>,
  tenantId: string,
  id: string,
): Promise<MeasurementSession> {
  const [row] = await db.select().from(measurementSessions).where(ofTenant(tenantId, id));
  if (row === undefined) throw unknownSession(id);
  const [held] = await db.select({ count: count() }).from(measurements).where(eq(measurements.sessionId, id));
  return sessionView(row, held!.count, clock.now());
}
