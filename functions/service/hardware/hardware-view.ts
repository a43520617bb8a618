import type { HardwareDetail, ModelState } from '../../../shared/contract/api/hardware.ts';
import type { Hardware } from '../../../shared/contract/latency.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { publicTenant } from '../../../shared/contract/tenants.ts';
import type { hardware } from '../../../shared/db/schema/hardware.ts';

export type HardwareRow = typeof hardware.$inferSelect;

/** What latency tables and models say of it, without what the database knows besides. */
export function describedHardware(row: Hardware): Hardware {
  const { id, name, device, runtime, batchSize, precision, threads } = row;
  return { id, name, device, runtime, batchSize, precision, threads };
}

/** Hardware that ships has no row of its own. */
type Known = Hardware & Pick<HardwareRow, 'tenantId'> & Partial<HardwareRow>;

/** Hardware as the API shows it. @param model the one that predictions use now */
export function detailOf(row: Known, model: LatencyModelData | null): HardwareDetail {
  const { uploads = 0, uploadsFitted = 0, problemCode = null, problemMessage = null, createdAt } = row;
  return {
    ...describedHardware(row),
    scope: row.tenantId === publicTenant ? 'public' : 'own',
    modelVersion: model?.version ?? null,
    modelState: stateOf(uploads - uploadsFitted, problemCode, model),
    problem: problemCode === null ? null : { code: problemCode, message: problemMessage ?? '' },
    blocks: model?.trainedOn.blocks ?? 0,
    networks: model?.trainedOn.networks ?? 0,
    waiting: uploads - uploadsFitted,
    createdAt: createdAt?.toISOString() ?? null,
  };
}

function stateOf(waiting: number, problemCode: string | null, model: LatencyModelData | null): ModelState {
  if (waiting > 0) return 'fitting';
  if (problemCode !== null) return 'failed';
  return model === null ? 'none' : 'ready';
}
