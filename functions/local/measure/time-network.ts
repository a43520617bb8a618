/** @file Times one whole network on this machine, and corrects the latency model of the machine by it. */
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import type { NetworkTiming } from '../../../shared/contract/verification.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { measuredArchitecture, networkIdentity } from '../../../shared/latency/measured-network.ts';
import { driftOf } from '../../../shared/latency/measuring/drift.ts';
import { timeQuantile, visits } from '../../../shared/latency/measuring/method.ts';
import {
  networkKey,
  referenceKey,
  referenceSignature,
  type Sitting,
  scheduleOf,
} from '../../../shared/latency/measuring/schedule.ts';
import { runSession, samplesByModel } from '../../../shared/latency/measuring/session.ts';
import { median, medianAbsoluteDeviation, quantile } from '../../../shared/latency/statistics.ts';
import type { Console } from '../console.ts';
import { openRegistry } from '../hardware-registry.ts';
import { onStopSignal } from '../signals.ts';
import { whilePinned } from './processors.ts';
import { MeasuringProgress } from './progress.ts';
import { openAs } from './this-machine.ts';

export interface TimingOptions {
  /** visits of the network */
  rounds: number;
  json: boolean;
  console: Console;
}

/** Networks of the table timed in turn with the new one: it then meets caches as they were when those were timed. */
const companions = 9;

/**
 * Adds the timing to the table of own hardware, which has to be this machine, and fits its model anew.
 * @param id of the hardware
 * @returns null when stopped by a signal: nothing was added
 * @throws FastpathError `latency.unknown-hardware`, and as `openAs` does
 */
export async function timeNetwork(
  architecture: Architecture,
  id: string,
  options: TimingOptions,
): Promise<NetworkTiming | null> {
  const registry = openRegistry();
  const table = await registry.findTable(id);
  const before = new FittedLatencyModel(await registry.findModel(id)).predict(architecture);
  const others = companionsOf(table, architecture);
  const samplesUs = await samplesOf([architecture, ...others.map((other) => other.architecture)], table, options);
  if (samplesUs === null) return null;

  const q = table.method?.quantile ?? timeQuantile;
  const [own, ...rest] = samplesUs.networks;
  const [latencyUs, spreadUs] = [quantile(own!, q), medianAbsoluteDeviation(own!)].map(toNanosecond) as [
    number,
    number,
  ];
  const row = { ...networkIdentity(architecture), latencyUs, spreadUs };
  await registry.saveTable({ ...(await registry.findTable(id)), entries: {}, networks: [row] });
  const after = new FittedLatencyModel(await registry.findModel(id)).predict(architecture);
  const nowOverThen = rest.map((samples, i) => quantile(samples, q) / others[i]!.latencyUs);
  return {
    hardware: id,
    architectureId: architectureId(architecture),
    predictedMs: before.latencyUs / 1000,
    lowMs: before.lowUs / 1000,
    highMs: before.highUs / 1000,
    measuredMs: latencyUs / 1000,
    spreadMs: spreadUs / 1000,
    visits: own!.length,
    correctedMs: after.latencyUs / 1000,
    othersNowOverThen: nowOverThen.length === 0 ? null : median(nowOverThen),
    unstable: driftOf(referenceSignature, samplesUs.reference, q).unstable,
  };
}

/** Other networks of the same space and resolution that the table has, in its order. */
function companionsOf({ networks = [] }: LatencyTable, architecture: Architecture) {
  const own = architectureId(architecture);
  return networks
    .map((network) => ({ architecture: measuredArchitecture(network), latencyUs: network.latencyUs }))
    .filter(({ architecture: { space, resolution } }) => {
      return space === architecture.space && resolution === architecture.resolution;
    })
    .filter((network) => architectureId(network.architecture) !== own)
    .slice(0, companions);
}

/** Microseconds by visit, of each network in the order given and of the reference block. */
async function samplesOf(networks: readonly Architecture[], { hardware }: LatencyTable, options: TimingOptions) {
  const { space = '', resolution } = networks[0]!;
  const planned = networks.map((architecture) => ({ architecture, path: [], drawn: 'designed' as const }));
  const context = { space, resolution, complete: false, parts: [], networks: planned };
  const schedule = scheduleOf({ kind: 'short', contexts: [context] }, { rounds: options.rounds, seed: 1 });
  const samplesUs: number[] = [];
  const runner = await openAs(hardware);
  try {
    if (!(await whilePinned(hardware.threads, () => visitAll(schedule, samplesUs, runner, options)))) return null;
  } finally {
    await runner.close();
  }
  const byModel = samplesByModel(schedule, samplesUs);
  return {
    networks: networks.map((_, i) => byModel.get(networkKey(i))!),
    reference: byModel.get(referenceKey)!,
  };
}

/** @returns false when stopped by a signal */
async function visitAll(
  schedule: readonly Sitting[],
  samplesUs: number[],
  runner: Awaited<ReturnType<typeof openAs>>,
  { json, console }: TimingOptions,
): Promise<boolean> {
  const progress = json ? null : new MeasuringProgress(schedule, 0, console, false);
  const signals = onStopSignal(() => {});
  try {
    return await runSession(schedule, samplesUs, runner, visits, {
      stopped: () => signals.received(),
      visited: (count) => progress?.show(count),
      save: async () => {},
    });
  } finally {
    progress?.clear();
    signals.release();
  }
}

function toNanosecond(us: number): number {
  return Math.round(us * 1000) / 1000;
}
