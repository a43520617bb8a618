import { count, eq } from 'drizzle-orm';
import type { CreateHardware, HardwareDetail } from '../../../shared/contract/api/hardware.ts';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { HardwareDeps } from './deps.ts';
import { isPublic, ownHardware } from './find-hardware.ts';
import { detailOf, type HardwareRow } from './hardware-view.ts';
import { LatencyTables } from './latency-tables.ts';

/** Of one tenant. */
const mostHardware = 500;

/**
 * New hardware of the tenant, of which nothing is measured yet.
 * @throws FastpathError `hardware.exists`, `hardware.public`, `hardware.too-many`
 */
export async function createHardware(
  deps: HardwareDeps,
  tenantId: string,
  request: CreateHardware,
): Promise<HardwareDetail> {
  return detailOf(await insertHardware(deps, tenantId, request), null);
}

/** The same as a row. */
export async function insertHardware(
  deps: Pick<HardwareDeps, 'db' | 'store' | 'clock'>,
  tenantId: string,
  { name, ...request }: CreateHardware,
): Promise<HardwareRow> {
  const { db, store, clock } = deps;
  const { id } = request;
  if ((await ownHardware(deps, tenantId, id)) !== null) {
    throw new FastpathError('hardware.exists', `hardware ${id} exists already: choose another id, or measure that`);
  }
  if (await isPublic(deps, id)) {
    throw new FastpathError('hardware.public', `hardware ${id} is public and stays as it is: choose another id`);
  }
  const [held] = await db.select({ count: count() }).from(hardware).where(eq(hardware.tenantId, tenantId));
  if (held!.count >= mostHardware) {
    const message = `there are ${mostHardware} hardware already: delete one that you need no more`;
    throw new FastpathError('hardware.too-many', message);
  }
  const described = { ...request, name: name ?? id };
  // First in the store, where the command line would see it, and which alone decides between two that come at once.
  await new LatencyTables(store, tenantId).save({
    format: 'fastpath.latency-table/1',
    hardware: described,
    overheadUs: 0,
    coverage: [],
    entries: {},
  });
  const row = { ...described, tenantId, createdAt: clock.now() };
  const [kept] = await db.insert(hardware).values(row).onConflictDoNothing().returning();
  if (kept !== undefined) return kept;
  throw new FastpathError('hardware.exists', `hardware ${id} was made just now by another request`);
}
