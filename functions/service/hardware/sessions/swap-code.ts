import { and, eq, gt, isNull } from 'drizzle-orm';
import type { CreateHardware } from '../../../../shared/contract/api/hardware.ts';
import type { SwapCode, Swapped } from '../../../../shared/contract/api/measurement-sessions.ts';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import { tenants } from '../../../../shared/db/schema/tenants.ts';
import { FastpathError } from '../../../../shared/errors.ts';
import { checkSameHardware } from '../../../../shared/latency/merge-tables.ts';
import { newSecret, sha256Of } from '../../keys/key-text.ts';
import { createHardware } from '../create-hardware.ts';
import type { HardwareDeps } from '../deps.ts';
import { ownHardware } from '../find-hardware.ts';
import { endOf, secretPrefixes } from './session.ts';

type Places = Pick<HardwareDeps, 'db' | 'store' | 'clock'>;

/**
 * Binds the code's session to the hardware, which is made where the tenant has none such, and gives its token, once.
 * Hardware that is refused leaves the code as it was.
 * @throws FastpathError `session.code`, `hardware.differs`, `hardware.public`, `hardware.too-many`
 */
export async function swapCode(places: Places, { code, hardware }: SwapCode): Promise<Swapped> {
  const { db, clock } = places;
  const now = clock.now();
  const usable = and(
    eq(measurementSessions.codeSha256, sha256Of(code)),
    isNull(measurementSessions.swappedAt),
    isNull(measurementSessions.endedAt),
    gt(measurementSessions.codeExpiresAt, now),
  );
  const [found] = await db
    .select({ tenantId: measurementSessions.tenantId })
    .from(measurementSessions)
    .innerJoin(tenants, and(eq(tenants.id, measurementSessions.tenantId), isNull(tenants.deletedAt)))
    .where(usable);
  if (found === undefined) throw wrongCode();
  await ensureHardware(places, found.tenantId, hardware);
  const token = newSecret(secretPrefixes.token);
  // Of several that come at once one finds it usable still.
  const [bound] = await db
    .update(measurementSessions)
    .set({ swappedAt: now, tokenSha256: sha256Of(token), hardwareId: hardware.id })
    .where(usable)
    .returning({ id: measurementSessions.id });
  if (bound === undefined) throw wrongCode();
  return { sessionId: bound.id, hardware: hardware.id, token, expiresAt: endOf(now).toISOString() };
}

/** The tenant has this hardware, the same in all that latency depends on. */
async function ensureHardware(places: Places, tenantId: string, request: CreateHardware): Promise<void> {
  const known = await ownHardware(places, tenantId, request.id);
  if (known !== null) return checkSameHardware(known, { ...request, name: known.name });
  try {
    await createHardware(places, tenantId, request);
  } catch (error) {
    // Made by another one in between: then it has to be the same.
    if (!(error instanceof FastpathError) || error.code !== 'hardware.exists') throw error;
    await ensureHardware(places, tenantId, request);
  }
}

function wrongCode(): FastpathError {
  const message = 'this code is not valid, was used before, or is older than 15 minutes: ask for a new one';
  return new FastpathError('session.code', message);
}
