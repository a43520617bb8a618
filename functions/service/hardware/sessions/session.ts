/**
 * @file Measurement sessions: a code for a device without an API key, swapped at its first use for a token that can
 * measure one hardware for a while and nothing else. Of both only hashes are kept.
 */
import { and, eq } from 'drizzle-orm';
import type { MeasurementSession } from '../../../../shared/contract/api/measurement-sessions.ts';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import { FastpathError } from '../../../../shared/errors.ts';

export type SessionRow = typeof measurementSessions.$inferSelect;

export const codeMs = 15 * 60_000;
const sessionMs = 2 * 3_600_000;

export const secretPrefixes = { code: 'fpc', token: 'fpm' } as const;

/** When a session that was swapped then ends. */
export function endOf(swappedAt: Date): Date {
  return new Date(swappedAt.getTime() + sessionMs);
}

export function ofTenant(tenantId: string, id: string) {
  return and(eq(measurementSessions.tenantId, tenantId), eq(measurementSessions.id, id));
}

export function unknownSession(id: string): FastpathError {
  return new FastpathError('session.unknown', `there is no measurement session ${id}: make one`);
}

/** A session as the API shows it. @param held measurements that came in with it */
export function sessionView(row: SessionRow, held: number, now: Date): MeasurementSession {
  return {
    id: row.id,
    state: stateOf(row, now),
    hardware: row.hardwareId,
    measurements: held,
    codeExpiresAt: row.codeExpiresAt.toISOString(),
    expiresAt: row.swappedAt === null ? null : endOf(row.swappedAt).toISOString(),
    createdAt: row.createdAt.toISOString(),
  };
}

function stateOf({ endedAt, swappedAt, codeExpiresAt }: SessionRow, now: Date): MeasurementSession['state'] {
  if (endedAt !== null) return 'ended';
  if (now >= (swappedAt === null ? codeExpiresAt : endOf(swappedAt))) return 'expired';
  return swappedAt === null ? 'waiting' : 'active';
}
