import { and, eq } from 'drizzle-orm';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import { modelsFolder } from '../../../shared/store/hardware-keys.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import type { HardwareDeps } from './deps.ts';
import { findOwnHardware } from './find-hardware.ts';
import { LatencyTables } from './latency-tables.ts';

/**
 * Removes own hardware with its measurements, models and measurement sessions. Searches go on with the model they began
 * with.
 * @throws FastpathError `hardware.unknown`, `hardware.public`
 */
export async function deleteHardware(deps: HardwareDeps, tenantId: string, id: string): Promise<void> {
  await findOwnHardware(deps, tenantId, id);
  // Objects first: while the row is there, a delete that broke off can be sent again.
  await deleteTimings(deps.store, tenantId, id);
  await deps.db.delete(hardware).where(and(eq(hardware.tenantId, tenantId), eq(hardware.id, id)));
  deps.models.forget(tenantId);
}

/** What the store holds of a hardware: models, then the table they are of. */
export async function deleteTimings(store: ObjectStore, tenantId: string, id: string): Promise<void> {
  await store.deletePrefix(`${modelsFolder(tenantId)}${id}/`);
  await new LatencyTables(store, tenantId).delete(id);
}
