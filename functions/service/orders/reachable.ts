/** @file Which latencies a space can reach on a device: what a budget may be chosen from. */

import { costTable } from '../../../shared/latency/cost-table.ts';
import { unknownHardware } from '../../../shared/latency/nearest-ids.ts';
import { findSpace } from '../../../shared/space/built-in.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { rangeOf } from '../search-spec/reach.ts';
import type { OrderDeps } from './deps.ts';

export interface Reachable {
  leastMs: number;
  mostMs: number;
}

/**
 * From the fastest path to the slowest.
 * @throws FastpathError `latency.unknown-hardware`, `latency.unknown-block`, `space.…`
 */
export async function reachable(
  { models }: Pick<OrderDeps, 'models'>,
  tenantId: string,
  asked: { space: string; hardware: string; classes: number; resolution: number | undefined },
): Promise<Reachable> {
  const served = await models.find(asked.hardware, { tenant: tenantId });
  if (served === null) {
    const known = await models.list({ tenant: tenantId });
    throw unknownHardware(
      asked.hardware,
      known.map(({ hardware }) => hardware.id),
    );
  }
  const space = findSpace(asked.space);
  const { classes, resolution = space.resolution } = asked;
  const { least, most } = rangeOf(
    costTable(planSupernet(space, { resolution, classes, widthMultiplier: 1 }), served.model),
  );
  return { leastMs: least / 1e3, mostMs: most / 1e3 };
}
