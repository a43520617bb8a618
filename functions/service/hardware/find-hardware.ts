import { and, eq } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { HardwareDetail } from '../../../shared/contract/api/hardware.ts';
import { publicTenant } from '../../../shared/contract/tenants.ts';
import type { Db } from '../../../shared/db/db.ts';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { builtInModel } from '../../../shared/latency/built-in-models.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import type { HardwareDeps } from './deps.ts';
import { describedHardware, detailOf, type HardwareRow } from './hardware-view.ts';
import { LatencyTables } from './latency-tables.ts';

type Places = { db: Db; store: ObjectStore; clock: Clock };

/**
 * The tenant's own hardware.
 * @throws FastpathError `hardware.unknown`, for that of others as well; `hardware.public`
 */
export async function findOwnHardware(places: Places, tenantId: string, id: string): Promise<HardwareRow> {
  const row = await ownHardware(places, tenantId, id);
  if (row !== null) return row;
  if (await isPublic(places, id)) {
    throw new FastpathError(
      'hardware.public',
      `hardware ${id} is public and stays as it is: make hardware of your own`,
    );
  }
  throw unknown(id);
}

/** The same, or null. What the command line measured on the same store becomes known here as well. */
export async function ownHardware({ db, store, clock }: Places, tenantId: string, id: string) {
  const own = and(eq(hardware.tenantId, tenantId), eq(hardware.id, id));
  const [row] = await db.select().from(hardware).where(own);
  if (row !== undefined) return row;
  const stored = await new LatencyTables(store, tenantId).read(id);
  if (stored === null) return null;
  await db
    .insert(hardware)
    .values({ ...describedHardware(stored.table.hardware), tenantId, createdAt: clock.now() })
    .onConflictDoNothing();
  return (await db.select().from(hardware).where(own))[0] ?? null;
}

/** Whether the id is that of hardware that ships or that the operator made public. */
export async function isPublic(places: Places, id: string): Promise<boolean> {
  return builtInModel(id) !== undefined || (await ownHardware(places, publicTenant, id)) !== null;
}

/** Own or public hardware, and how its model stands. @throws FastpathError `hardware.unknown` */
export async function hardwareDetail(deps: HardwareDeps, tenantId: string, id: string): Promise<HardwareDetail> {
  // The row before the model: what is fitted in between then looks older than it is, not done before it is.
  const row = builtInModel(id) === undefined ? await visibleRow(deps, tenantId, id) : null;
  // How it stands now, not as a look-up of some seconds ago has it.
  if (row !== null) deps.models.forget(row.tenantId);
  const model = (await deps.models.find(id, { tenant: tenantId }))?.model.data ?? null;
  if (row !== null) return detailOf(row, model);
  if (model !== null) return detailOf({ ...model.hardware, tenantId: publicTenant }, model);
  throw unknown(id);
}

/** The tenant's own, or else the public one. */
async function visibleRow(places: Places, tenantId: string, id: string): Promise<HardwareRow | null> {
  const own = await ownHardware(places, tenantId, id);
  return own ?? (await ownHardware(places, publicTenant, id));
}

function unknown(id: string): FastpathError {
  return new FastpathError('hardware.unknown', `there is no hardware ${id}: GET /v1/hardware lists all there are`);
}
