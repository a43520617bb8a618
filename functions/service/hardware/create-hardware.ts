import { count, eq } from 'drizzle-orm';
import type { CreateHardware, HardwareDetail } from '../../../shared/contract/api/hardware.ts';
import type { Db } from '../../../shared/db/db.ts';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import { type Commit, transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { HardwareDeps } from './deps.ts';
import { isPublic, ownHardware } from './find-hardware.ts';
import { detailOf } from './hardware-view.ts';
import { LatencyTables } from './latency-tables.ts';

/** Of one tenant. */
const mostHardware = 500;

/**
 * New hardware of the tenant, of which nothing is measured yet.
 * @throws FastpathError `hardware.exists`, `hardware.public`, `hardware.too-many`
 */
export async function createHardware(
  deps: Pick<HardwareDeps, 'db' | 'store' | 'clock'>,
  tenantId: string,
  { name, ...request }: CreateHardware,
  commit: Commit = (change) => transact(deps.db, change),
): Promise<HardwareDetail> {
  const { db, store, clock } = deps;
  const { id } = request;
  if ((await ownHardware(deps, tenantId, id)) !== null) throw exists(id);
  if (await isPublic(deps, id)) {
    throw new FastpathError('hardware.public', `hardware ${id} is public and stays as it is: choose another id`);
  }
  await checkRoom(db, tenantId);
  const described = { ...request, name: name ?? id };
  // First in the store: the command line sees it there, and one that is there alone becomes known when it is asked for.
  await new LatencyTables(store, tenantId).save({
    format: 'fastpath.latency-table/1',
    hardware: described,
    overheadUs: 0,
    coverage: [],
    entries: {},
  });
  const row = { ...described, tenantId, createdAt: clock.now() };
  return commit(async (tx) => {
    const [kept] = await tx.insert(hardware).values(row).onConflictDoNothing().returning();
    if (kept === undefined) throw exists(id);
    return detailOf(kept, null);
  });
}

function exists(id: string): FastpathError {
  return new FastpathError('hardware.exists', `hardware ${id} exists already: choose another id, or measure that`);
}

async function checkRoom(db: Db, tenantId: string): Promise<void> {
  const [held] = await db.select({ count: count() }).from(hardware).where(eq(hardware.tenantId, tenantId));
  if (held!.count < mostHardware) return;
  const message = `there are ${mostHardware} hardware already: delete one that you need no more`;
  throw new FastpathError('hardware.too-many', message);
}
