import { and, eq, gt, isNull } from 'drizzle-orm';
import type { CreateHardware } from '../../../../shared/contract/api/hardware.ts';
import type { SwapCode, Swapped } from '../../../../shared/contract/api/measurement-sessions.ts';
import { measurementSessions } from '../../../../shared/db/schema/measurement-sessions.ts';
import { tenants } from '../../../../shared/db/schema/tenants.ts';
import { transact } from '../../../../shared/db/transact.ts';
import { FastpathError } from '../../../../shared/errors.ts';
import { checkSameHardware } from '../../../../shared/latency/merge-tables.ts';
import { newSecret, sha256Of } from '../../keys/key-text.ts';
import { insertHardware } from '../create-hardware.ts';
import type { HardwareDeps } from '../deps.ts';
import { ownHardware } from '../find-hardware.ts';
import { endOf, secretPrefixes } from './session.ts';

type Places = Pick<HardwareDeps, 'db' | 'store' | 'clock'>;

/**
 * Binds the code's session to the hardware, which is made where the tenant has none such, and gives its token, once.
 * What is refused leaves the code as it was.
 * @throws FastpathError `session.code`, `hardware.differs`, `hardware.public`, `hardware.too-many`
 */
export async function swapCode(places: Places, { code, hardware }: SwapCode): Promise<Swapped> {
  const now = places.clock.now();
  const token = newSecret(secretPrefixes.token);
  return transact(places.db, async (tx) => {
    const [row] = await tx
      .select({ id: measurementSessions.id, tenantId: measurementSessions.tenantId })
      .from(measurementSessions)
      .innerJoin(tenants, and(eq(tenants.id, measurementSessions.tenantId), isNull(tenants.deletedAt)))
      .where(
        and(
          eq(measurementSessions.codeSha256, sha256Of(code)),
          isNull(measurementSessions.swappedAt),
          isNull(measurementSessions.endedAt),
          gt(measurementSessions.codeExpiresAt, now),
        ),
      )
      .for('update', { of: measurementSessions });
    if (row === undefined) {
      const message = 'this code is not valid, was used before, or is older than 15 minutes: ask for a new one';
      throw new FastpathError('session.code', message);
    }
    const hardwareId = await ensureHardware({ ...places, db: tx }, row.tenantId, hardware);
    await tx
      .update(measurementSessions)
      .set({ swappedAt: now, tokenSha256: sha256Of(token), hardwareId })
      .where(eq(measurementSessions.id, row.id));
    return { sessionId: row.id, hardware: hardwareId, token, expiresAt: endOf(now).toISOString() };
  });
}

/** The tenant's hardware of that id, the same in all that latency depends on, or new. */
async function ensureHardware(places: Places, tenantId: string, request: CreateHardware): Promise<string> {
  const known = await ownHardware(places, tenantId, request.id);
  if (known === null) return (await insertHardware(places, tenantId, request)).id;
  checkSameHardware(known, { ...request, name: known.name });
  return known.id;
}
