import { eq } from 'drizzle-orm';
import type { ListedHardware } from '../../../shared/contract/api/hardware.ts';
import { publicTenant } from '../../../shared/contract/tenants.ts';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import type { HardwareDeps } from './deps.ts';
import { describedHardware } from './hardware-view.ts';

/** Public hardware and the tenant's own, by id; own hardware also where it has no model yet. */
export async function listHardware({ db, models }: HardwareDeps, tenantId: string): Promise<ListedHardware[]> {
  const listed = (await models.list({ tenant: tenantId })).map(({ hardware: own, ...rest }) => ({ ...own, ...rest }));
  const known = new Set(listed.map(({ id }) => id));
  const rows = await db.select().from(hardware).where(eq(hardware.tenantId, tenantId));
  const scope = tenantId === publicTenant ? 'public' : 'own';
  const bare = rows
    .filter(({ id }) => !known.has(id))
    .map((row) => ({ ...describedHardware(row), scope, modelVersion: null }) as const);
  return [...listed, ...bare].sort((a, b) => (a.id < b.id ? -1 : 1));
}
