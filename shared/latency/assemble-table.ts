/** @file From raw timings to a latency table: overhead taken off, context factors set, whole networks compared. */
import type { Architecture } from '../contract/architecture.ts';
import type { Drift, Hardware, LatencyMethod, LatencyTable } from '../contract/latency.ts';
import { AdditiveLatencyModel } from './additive.ts';
import { partsOf } from './part.ts';
import { signatureOf } from './signature.ts';
import { median, medianAbsoluteDeviation, quantile } from './statistics.ts';

/** The run is cut into this many pieces to look for drift. */
const driftPieces = 8;
const driftLimit = 0.03;

export interface TimedNetwork {
  architecture: Architecture;
  path: readonly number[];
  /** microseconds per visit, the cost of the call included */
  samplesUs: readonly number[];
}

export interface TimedContext {
  space: string;
  resolution: number;
  /** signatures of all parts its paths may have */
  signatures: readonly string[];
  /** set the context factor */
  calibration: readonly TimedNetwork[];
  /** tell how well sums match; not among those that set the factor */
  heldOut: readonly TimedNetwork[];
}

export interface Timings {
  hardware: Hardware;
  measuredAt: string;
  method: LatencyMethod;
  /** microseconds per visit of a model that does nothing */
  overheadSamplesUs: readonly number[];
  /** visits of the drift reference in the order of the run */
  reference: { signature: string; samplesUs: readonly number[] };
  /** signature → microseconds per visit, the cost of the call included */
  parts: ReadonlyMap<string, readonly number[]>;
  contexts: readonly TimedContext[];
}

export function assembleTable(timings: Timings): LatencyTable {
  const { hardware, measuredAt, method, parts, contexts } = timings;
  const figure = (samples: readonly number[]) => quantile(samples, method.quantile);
  const overheadUs = figure(timings.overheadSamplesUs);
  const aloneUs = new Map([...parts].map(([key, samples]) => [key, Math.max(0, figure(samples) - overheadUs)]));
  const coverage = contexts.map((context) => ({
    space: context.space,
    resolution: context.resolution,
    contextFactor: median(
      context.calibration.map(({ architecture, samplesUs }) => {
        const sumUs = partsOf(architecture).reduce((sum, { part }) => sum + aloneUs.get(signatureOf(part))!, 0);
        return (figure(samplesUs) - overheadUs) / sumUs;
      }),
    ),
  }));
  const entries: LatencyTable['entries'] = {};
  for (const [signature, samples] of parts) {
    // A part that several spaces share stands in each of them: the mean of their factors.
    const factors = coverage.filter((_, i) => contexts[i]!.signatures.includes(signature));
    const factor = factors.reduce((sum, { contextFactor }) => sum + contextFactor, 0) / factors.length;
    const alone = aloneUs.get(signature)!;
    entries[signature] = {
      latencyUs: round(alone * factor),
      aloneUs: round(alone),
      spreadUs: round(medianAbsoluteDeviation(samples) * factor),
      count: samples.length,
    };
  }
  const table: LatencyTable = {
    format: 'fastpath.latency-table/1',
    hardware,
    measuredAt,
    method,
    drift: drift(timings, figure),
    overheadUs: round(overheadUs),
    coverage: coverage.map((covered) => ({ ...covered, contextFactor: round(covered.contextFactor) })),
    entries,
  };
  const model = new AdditiveLatencyModel(table);
  const networks = contexts.flatMap(({ heldOut }) =>
    heldOut.map(({ architecture, path, samplesUs }) => ({
      space: architecture.space!,
      resolution: architecture.resolution,
      classes: architecture.classes,
      path: [...path],
      latencyUs: round(figure(samplesUs)),
      spreadUs: round(medianAbsoluteDeviation(samplesUs)),
      sumOfBlocksUs: round(model.predict(architecture).latencyUs),
    })),
  );
  return { ...table, networks };
}

function drift({ reference }: Timings, figure: (samples: readonly number[]) => number): Drift {
  const { signature, samplesUs } = reference;
  const whole = figure(samplesUs);
  const fractions = Array.from({ length: driftPieces }, (_, i) => {
    const from = Math.floor((i * samplesUs.length) / driftPieces);
    const to = Math.floor(((i + 1) * samplesUs.length) / driftPieces);
    return Math.abs(figure(samplesUs.slice(from, to)) / whole - 1);
  });
  const largestFraction = Math.max(...fractions);
  return { reference: signature, largestFraction: round(largestFraction), unstable: largestFraction > driftLimit };
}

/** To a thousandth: a nanosecond, or a tenth of a percent. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
