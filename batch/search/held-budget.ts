/**
 * @file Budgets under a model that timings have shown to be too fast. Few timings move a fitted model only part of the
 * way; paths near the timed ones run late like them, so their budget shrinks by what is left.
 */
import { architectureId } from '../../shared/architecture/identity.ts';
import type { PruneSpec } from '../../shared/contract/job-spec.ts';
import type { Metrics } from '../../shared/contract/result.ts';
import type { DeviceConstraint } from './setup.ts';

export type ComparedTiming = NonNullable<Metrics['search']>['timings'][number];

/** The timings of known devices, each beside what the device's model says of that network now. */
export function compareTimings(timings: PruneSpec['timings'], devices: readonly DeviceConstraint[]): ComparedTiming[] {
  return timings.flatMap(({ hardware, architecture, latencyMs }) =>
    devices
      .filter(({ model }) => model.hardware.id === hardware)
      .map(({ model }) => ({
        hardware,
        architectureId: architectureId(architecture),
        measuredMs: latencyMs,
        predictedMs: model.predict(architecture).latencyUs / 1000,
      })),
  );
}

/**
 * The devices with their budgets divided by the largest measured / predicted, where that is over 1: no timed network
 * that was over its budget fits any more, whatever the model says of it.
 */
export function holdBudgets(
  devices: readonly DeviceConstraint[],
  timings: readonly ComparedTiming[],
): DeviceConstraint[] {
  return devices.map((device) => {
    const own = timings.filter(({ hardware }) => hardware === device.model.hardware.id);
    const late = Math.max(1, ...own.map(({ measuredMs, predictedMs }) => measuredMs / predictedMs));
    return { ...device, budgetMs: device.budgetMs / late };
  });
}
