/**
 * @file How many images a second machines train a supernet with, as measured; other spaces and resolutions are scaled by
 * multiply-adds. Machines where nothing was measured have no row, and no number is made up for them.
 */
import type { Throughput } from '../contract/api/orders.ts';
import { macsTable } from '../latency/cost-table.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import type { SupernetPlan } from '../space/plan.ts';
import { localInstanceType } from './prices.ts';

interface Measured {
  instanceType: string;
  space: string;
  resolution: number;
  weightImagesPerSecond: number;
  architectureImagesPerSecond: number;
  /** backend and machine */
  on: string;
  measuredAt: string;
}

const twoCores = '2 cores of an AMD EPYC (Zen 5)';
/** From docs/measured.md. */
const measured: readonly Measured[] = [
  {
    instanceType: localInstanceType,
    space: 'mobile-inverted-residual',
    resolution: 96,
    weightImagesPerSecond: 320,
    architectureImagesPerSecond: 380,
    on: `native backend, ${twoCores}`,
    measuredAt: '2026-11-24',
  },
  {
    instanceType: localInstanceType,
    space: 'cifar',
    resolution: 32,
    weightImagesPerSecond: 3054,
    architectureImagesPerSecond: 3409,
    on: `native backend, ${twoCores}`,
    measuredAt: '2026-11-24',
  },
  {
    instanceType: localInstanceType,
    space: 'tiny',
    resolution: 32,
    // 75,300 image passes of a whole demo search in 45 s, both kinds of steps together.
    weightImagesPerSecond: 1673,
    architectureImagesPerSecond: 1673,
    on: `WebAssembly backend, ${twoCores}`,
    measuredAt: '2026-11-24',
  },
];

/** Null where nothing was measured on that kind of machine. */
export function throughputOf(instanceType: string, plan: SupernetPlan): Throughput | null {
  const macs = meanPathMacs(plan);
  const distance = (row: Measured) => Math.abs(Math.log(measuredMacs(row) / macs));
  const rows = measured.filter((row) => row.instanceType === instanceType);
  const nearest = rows.sort((a, b) => distance(a) - distance(b))[0];
  if (nearest === undefined) return null;
  const scaledBy = measuredMacs(nearest) / macs;
  return {
    weightImagesPerSecond: nearest.weightImagesPerSecond * scaledBy,
    architectureImagesPerSecond: nearest.architectureImagesPerSecond * scaledBy,
    measuredOn: `${nearest.space} at ${nearest.resolution} pixels, ${nearest.on}`,
    measuredAt: nearest.measuredAt,
    scaledBy,
  };
}

const macsOfMeasured = new Map<Measured, number>();

/** Counted once: it takes milliseconds, and every order asks. */
function measuredMacs(row: Measured): number {
  const { space, resolution } = row;
  const known = macsOfMeasured.get(row);
  const macs = known ?? meanPathMacs(planSupernet(findSpace(space), { resolution, classes: 10, widthMultiplier: 1 }));
  macsOfMeasured.set(row, macs);
  return macs;
}

/** Multiply-adds of a path drawn uniformly, on average. */
function meanPathMacs(plan: SupernetPlan): number {
  const { fixed, blocks } = macsTable(plan);
  return blocks.reduce((sum, costs) => sum + costs.reduce((a, b) => a + b, 0) / costs.length, fixed);
}
