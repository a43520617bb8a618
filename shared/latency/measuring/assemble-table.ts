/** @file From timings to a latency table: overhead taken off, context factors set, whole networks compared with sums. */
import type { Architecture } from '../../contract/architecture.ts';
import type {
  Hardware,
  LatencyMethod,
  LatencyTable,
  MeasuredNetwork,
  MeasuringConditions,
  OperatorTimings,
} from '../../contract/latency.ts';
import { fusedCounts } from '../../onnx/fused-counts.ts';
import { builtInSpaces } from '../../space/built-in.ts';
import { partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { median, medianAbsoluteDeviation, quantile } from '../statistics.ts';
import { driftOf } from './drift.ts';
import type { MeasuringPlan, PlannedContext, PlannedNetwork } from './plan.ts';
import { callKey, networkKey, probesOf, referenceKey, referenceSignature } from './schedule.ts';

export interface Timings {
  hardware: Hardware;
  measuredAt: string;
  method: LatencyMethod;
  conditions: MeasuringConditions;
  plan: MeasuringPlan;
  /** of the runtime, where operators were timed */
  channelBlock?: number;
  /** key of a probe → microseconds per visit at one speed of the machine */
  probesUs?: ReadonlyMap<string, readonly number[]>;
  /** key of a model → microseconds per visit in the order of the run, the cost of the call included */
  samplesUs: ReadonlyMap<string, readonly number[]>;
}

export function assembleTable(timings: Timings): LatencyTable {
  const { hardware, measuredAt, method, conditions, plan, samplesUs, channelBlock = 0, probesUs = new Map() } = timings;
  const samplesOf = (key: string) => samplesUs.get(key) ?? [];
  const figure = (key: string) => quantile(samplesOf(key), method.quantile);
  const overheadUs = figure(callKey);
  const aloneUs = (signature: string) => Math.max(0, figure(signature) - overheadUs);
  const networks = plan.contexts.flatMap(({ networks }) => networks);
  const keyOf = new Map(networks.map((network, i) => [network, networkKey(i)]));

  const factorOf = (context: PlannedContext) =>
    median(
      context.networks
        .filter(({ drawn }) => drawn === 'designed')
        .map((network) => (figure(keyOf.get(network)!) - overheadUs) / sumOver(network.architecture, aloneUs)),
    );
  const contexts = plan.contexts.map((context) => ({
    ...context,
    signatures: new Set(context.parts.map(signatureOf)),
    // Without all parts there are no sums to compare with, and a part stands for itself.
    factor: context.complete ? factorOf(context) : 1,
  }));

  const entries: LatencyTable['entries'] = {};
  for (const signature of new Set(contexts.flatMap(({ signatures }) => [...signatures]))) {
    // A part that several contexts share stands in each of them: the mean of their factors.
    const factors = contexts.filter(({ signatures }) => signatures.has(signature)).map(({ factor }) => factor);
    const factor = factors.reduce((sum, each) => sum + each, 0) / factors.length;
    entries[signature] = {
      latencyUs: round(aloneUs(signature) * factor),
      aloneUs: round(aloneUs(signature)),
      spreadUs: round(medianAbsoluteDeviation(samplesOf(signature)) * factor),
      count: samplesOf(signature).length,
    };
  }
  const timed = networks.map((network): MeasuredNetwork => {
    const key = keyOf.get(network)!;
    const whole = { latencyUs: round(figure(key)), spreadUs: round(medianAbsoluteDeviation(samplesOf(key))) };
    const sumUs = sumOver(network.architecture, (signature) => entries[signature]?.latencyUs ?? Number.NaN);
    const sum = Number.isNaN(sumUs) ? {} : { sumOfBlocksUs: round(overheadUs + sumUs) };
    return { ...identityOf(network), ...whole, ...sum };
  });
  return {
    format: 'fastpath.latency-table/1',
    hardware,
    measuredAt,
    method,
    conditions,
    drift: driftOf(referenceSignature, samplesOf(referenceKey), method.quantile),
    overheadUs: round(overheadUs),
    coverage: contexts
      .filter(({ complete }) => complete)
      .map(({ space, resolution, factor }) => ({ space, resolution, contextFactor: round(factor) })),
    entries,
    networks: timed,
    ...(plan.operators !== undefined && { operators: operatorTimings() }),
  };

  function operatorTimings(): OperatorTimings {
    const probes = probesOf(plan).map(({ key, whole, write }) => {
      const visitsUs = probesUs.get(key) ?? [];
      return {
        operators: fusedCounts(write(), channelBlock),
        whole,
        latencyUs: round(median(visitsUs)),
        spreadUs: round(medianAbsoluteDeviation(visitsUs)),
        count: visitsUs.length,
      };
    });
    return { channelBlock, probes };
  }
}

/** As a path where the space ships; the name of another space tells nobody what its paths are. */
function identityOf({ architecture, path, drawn }: PlannedNetwork) {
  const { space, resolution, classes } = architecture;
  if (space === undefined || !Object.hasOwn(builtInSpaces, space)) return { architecture, drawn };
  return { space, resolution, classes, path: [...path], drawn };
}

function sumOver(architecture: Architecture, latencyUs: (signature: string) => number): number {
  return partsOf(architecture).reduce((sum, { part }) => sum + latencyUs(signatureOf(part)), 0);
}

/** To a thousandth: a nanosecond, or a tenth of a percent. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
