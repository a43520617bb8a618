/** @file What the proof's parts come to: accuracies by seed, the matrix, the curves' speed-ups, the differences. */

import { describe } from '../../../shared/architecture/describe.ts';
import { architectureId } from '../../../shared/architecture/identity.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { type MeanInterval, type MedianInterval, mean, meanInterval, medianInterval } from '../search-statistics.ts';
import { type CurvePoint, logSpeedUp } from './curve.ts';
import type { Proof } from './proof.ts';
import { chosenOf } from './searches.ts';
import { batchesOf } from './timing.ts';
import { type Contender, correlationSquare, factorOf, logRatio, type Place, placeOf } from './verdicts.ts';

/** Percent on test images, one a seed. */
export function top1Of({ trained }: Proof, architecture: Architecture): number[] {
  return trained.get(architectureId(architecture))!.map(({ metrics }) => 100 * metrics.evaluation.top1);
}

export function trainingSecondsOf({ trained }: Proof, architecture: Architecture): number {
  return mean(trained.get(architectureId(architecture))!.map(({ seconds }) => seconds));
}

/** Largest memory of a process that trained it. */
export function trainingRssBytesOf({ trained }: Proof, architecture: Architecture): number {
  return Math.max(...trained.get(architectureId(architecture))!.map(({ rssBytes }) => rssBytes));
}

/** Milliseconds on a device, with the interval over batches. */
export function latencyOf({ timings }: Proof, device: number, architecture: Architecture): MedianInterval {
  return medianInterval(batchesOf(timings[device]!, architecture));
}

/** How far the machine's speed moved while networks, or the device's table, were timed there. */
export function driftOf({ timings, tables }: Proof, device: number): number {
  return Math.max(timings[device]!.drift, tables[device]!.drift?.largestFraction ?? 0);
}

/** Time of `a` over that of `b` on a device, paired by batch. */
export function timeRatio({ timings }: Proof, device: number, a: Architecture, b: Architecture): MedianInterval {
  const timing = timings[device]!;
  return factorOf(logRatio(batchesOf(timing, a), batchesOf(timing, b)));
}

/** Points of top-1 that `a` is above `b`, paired by seed. */
export function pointsAbove(proof: Proof, a: Architecture, b: Architecture): MeanInterval {
  const other = top1Of(proof, b);
  return meanInterval(top1Of(proof, a).map((top1, seed) => top1 - other[seed]!));
}

export interface Cell {
  latencyMs: MedianInterval;
  /** of the network on its own device */
  own: boolean;
}

/** [device][network of a device] */
export function matrixOf(proof: Proof): Cell[][] {
  const networks = proof.searches.held.map(chosenOf);
  return proof.timings.map((_, device) =>
    networks.map((network, i) => ({ latencyMs: latencyOf(proof, device, network), own: i === device })),
  );
}

/** Of each device's network on its device. */
export function placesOf(proof: Proof): Place[] {
  const { held } = proof.searches;
  const contenders = (device: number) =>
    held.map((one): Contender & { id: string } => {
      const network = chosenOf(one);
      return {
        id: architectureId(network),
        name: `network of ${one.device.label}`,
        top1: mean(top1Of(proof, network)),
        batchesMs: batchesOf(proof.timings[device]!, network),
      };
    });
  return held.map((_, device) => {
    const all = contenders(device);
    const own = all[device]!;
    // Two devices may have found the same network.
    return placeOf(
      own,
      all.filter(({ id }) => id !== own.id),
    );
  });
}

export interface Curves {
  /** means over seeds */
  found: CurvePoint[];
  baseline: CurvePoint[];
  /** of each seed at equal accuracy; null where its curves reach no common accuracy */
  bySeed: (number | null)[];
  /** over seeds; null where one has none */
  speedUp: MeanInterval | null;
}

export function curvesOf(proof: Proof, device: number): Curves {
  const { searches, baselines, form } = proof;
  const points = (networks: readonly Architecture[], seed: number | null): CurvePoint[] =>
    networks.map((network) => {
      const top1 = top1Of(proof, network);
      return {
        latencyMs: latencyOf(proof, device, network).median,
        top1: seed === null ? mean(top1) : top1[seed]!,
      };
    });
  const found = searches.curves[device]!;
  const baseline = baselines.map(({ architecture }) => architecture);
  const logs = form.seeds.map((_, seed) => logSpeedUp(points(found, seed), points(baseline, seed)));
  const known = logs.filter((log) => log !== null);
  return {
    ...{ found: points(found, null), baseline: points(baseline, null) },
    bySeed: logs.map((log) => (log === null ? null : Math.exp(log))),
    speedUp: known.length === logs.length ? factorOf(meanInterval(known)) : null,
  };
}

/** How much of the differences in latency between this device's networks and the baselines multiply-adds explain. */
export function macsExplain(proof: Proof, device: number): number {
  const networks = [...proof.searches.curves.flat(), ...proof.baselines.map(({ architecture }) => architecture)];
  return correlationSquare(
    networks.map((network) => describe(network).macs),
    networks.map((network) => latencyOf(proof, device, network).median),
  );
}
