/** @file For tests: what a short plan found on hardware that ships, as measurements of another device. */
import type { Measurement } from '../../../shared/contract/api/measurements.ts';
import { findLatencyTable } from '../../../shared/latency/built-in.ts';
import { measuringPlan } from './measuring-plan.ts';

export const shippedId = 'amd-epyc-zen5-ort-1t';
export const shippedSpace = { space: 'mobile-inverted-residual', resolution: 224 } as const;

/** The cost of a call, twelve parts and ten whole networks. */
export function shortPlanTimings(): Measurement[] {
  const { overheadUs, entries, networks = [] } = findLatencyTable(shippedId);
  const plan = measuringPlan({ ...shippedSpace, plan: 'short' });
  const parts = plan.parts.map((signature) => ({ signature, ...entries[signature]! }));
  const whole = networks.filter((network) => 'path' in network && network.space === shippedSpace.space);
  const designed = whole.filter(({ drawn }) => drawn === 'designed').slice(0, plan.networks.length);
  return [
    { item: 'call', signature: 'call', latencyMs: overheadUs / 1e3, spreadMs: 0, count: 20 },
    ...parts.map(({ signature, latencyUs, spreadUs, count }, i) => {
      return { item: `part-${i}`, signature, latencyMs: latencyUs / 1e3, spreadMs: spreadUs / 1e3, count };
    }),
    ...designed.map((network, i) => {
      const { latencyUs, spreadUs, sumOfBlocksUs: _, ...subject } = network;
      return { item: `network-${i}`, ...subject, latencyMs: latencyUs / 1e3, spreadMs: spreadUs / 1e3, count: 20 };
    }),
  ];
}
