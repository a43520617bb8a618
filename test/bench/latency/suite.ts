/** @file A latency file made ready: networks as rows for the regression, and models of all its devices. */
import { chooseNetworks } from '../../../shared/latency/design.ts';
import type { Layout } from '../../../shared/latency/fit/transfer-prior.ts';
import { type Description, describerOf, scaled } from './encode.ts';
import { deviceOf, type LatencyFile } from './file.ts';
import { sourceModels } from './sources.ts';

export interface Suite {
  /** [network] */
  physical: readonly number[][];
  blocks: readonly number[][];
  /** amounts of work as they are, for the baseline */
  work: readonly number[][];
  /** column → [network] milliseconds */
  devices: ReadonlyMap<string, Float64Array>;
  /** column → [network] what the device's model says, over its mean */
  models: ReadonlyMap<string, Float64Array>;
}

export function prepareSuite(file: LatencyFile, leaveOut: readonly string[]): Suite {
  const describe = describerOf(file);
  const described = file.architectures.map((architecture) => describe(architecture));
  const kept = [...described.keys()].filter((i) => described[i] !== null);
  const descriptions = kept.map((i) => described[i] as Description);
  const devices = new Map(
    [...file.devices]
      .filter(([name]) => !leaveOut.includes(name))
      .map(([name, latencies]) => [name, Float64Array.from(kept, (i) => latencies[i]!)]),
  );
  const fitted = sourceModels(descriptions, [...devices.values()]);
  return {
    physical: scaled(descriptions.map(({ physical }) => physical)),
    blocks: scaled(descriptions.map(({ blocks }) => blocks)),
    work: descriptions.map(({ work }) => work),
    devices,
    models: new Map([...devices.keys()].map((name, i) => [name, fitted[i]!])),
  };
}

/** What a target can learn from: all other device models, never the same device at another batch size. */
export interface Setting {
  layout: Layout;
  sourceDeviations: number[];
  /** [network] rows as in transfer-prior.ts */
  rows: readonly Float64Array[];
  /** what to expect before anything was timed, ms; null without sources */
  expected: number | null;
}

/** @param forbidden columns that are no sources, beside the target's own device */
export function settingFor(suite: Suite, target: string, forbidden: readonly string[]): Setting {
  const names = [...suite.models.keys()].filter(
    (name) => deviceOf(name) !== deviceOf(target) && !forbidden.includes(name),
  );
  const models = names.map((name) => suite.models.get(name)!);
  const means = names.map((name) => mean(suite.devices.get(name)!)).sort((a, b) => a - b);
  return {
    layout: { sources: names.length, physical: suite.physical[0]!.length, blocks: suite.blocks[0]!.length },
    sourceDeviations: models.map((model) => Math.sqrt(mean(model.map((value) => (value - 1) ** 2)))),
    rows: suite.physical.map((physical, i) =>
      Float64Array.from([1, ...models.map((model) => model[i]!), ...physical, ...suite.blocks[i]!]),
    ),
    expected: names.length === 0 ? null : means[means.length >> 1]!,
  };
}

/** How far the plan trusts each part of a row before anything is timed, and how noisy it expects timings to be. */
const planned = { constant: 0.3, slope: 0.5, towardsSources: 6, physical: 0.5, blocks: 0.15, noise: 0.5 };

/** Networks of the pool to time, the most telling first; no label is looked at. */
export function planTimings(
  { layout, rows, sourceDeviations }: Setting,
  pool: readonly number[],
  count: number,
): number[] {
  const { sources, physical } = layout;
  const deviation = sources === 0 ? 0.35 : mean(sourceDeviations);
  const features = pool.map((network) => {
    const row = [...rows[network]!];
    const known = row.slice(1, 1 + sources);
    const guess = sources === 0 ? 0 : mean(known);
    const towards = planned.towardsSources / Math.sqrt(Math.max(1, sources));
    return [
      planned.constant,
      planned.slope * guess,
      ...known.map((value) => towards * (value - guess)),
      ...row.slice(1 + sources, 1 + sources + physical).map((value) => planned.physical * deviation * value),
      ...row.slice(1 + sources + physical).map((value) => planned.blocks * deviation * value),
    ];
  });
  const noiseVariance = (planned.noise * deviation) ** 2;
  return chooseNetworks(features, count, { noiseVariance }).map((i) => pool[i]!);
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
