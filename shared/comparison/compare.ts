/** @file Sets architectures side by side: costs, accuracy where it is known, latency on each device, the frontier. */
import { describe } from '../architecture/describe.ts';
import type { Architecture } from '../contract/architecture.ts';
import type { Comparison, KnownAccuracy } from '../contract/comparison.ts';
import type { Metrics } from '../contract/result.ts';
import type { LatencyModel } from '../latency/model.ts';
import { frontierOf } from './frontier.ts';

export interface ComparedNetwork {
  name: string;
  architecture: Architecture;
  accuracy: KnownAccuracy | null;
  /** added to compare with, not given */
  baseline: boolean;
}

/**
 * @param models of the devices, in the order to show them
 * @throws FastpathError `latency.unknown-block`
 */
export function compareNetworks(networks: readonly ComparedNetwork[], models: readonly LatencyModel[]): Comparison {
  const known = networks.filter(({ accuracy }) => accuracy !== null);
  const worth = known.length > 1 && known.some(({ baseline }) => !baseline) ? 'accuracy' : 'macs';
  const rows = networks.map(({ name, architecture, accuracy, baseline }) => {
    const { id, macs, parameters, peakActivationBytes } = describe(architecture);
    const latency = models.map((model) => {
      const { latencyUs, lowUs, highUs, flags } = model.predict(architecture);
      const times = { latencyMs: latencyUs / 1000, lowMs: lowUs / 1000, highMs: highUs / 1000 };
      return { hardware: model.hardware.id, ...times, flags, onFrontier: false };
    });
    const costs = { resolution: architecture.resolution, macs, parameters, peakActivationBytes };
    return { name, architectureId: id, baseline, accuracy, ...costs, latency };
  });
  for (const i of models.keys()) {
    const points = rows.flatMap(({ accuracy, macs, latency }) => {
      const value = worth === 'macs' ? macs : accuracy?.top1;
      return value === undefined ? [] : [{ cost: latency[i]!.latencyMs, worth: value, latency: latency[i]! }];
    });
    for (const { latency } of frontierOf(points)) latency.onFrontier = true;
  }
  return { worth, networks: rows, notes: notesOn(networks) };
}

/** What `metrics.json` says of a network's accuracy. */
export function accuracyOf({ evaluation, weights, dataFingerprint }: Metrics): KnownAccuracy {
  const { top1, images, split } = evaluation;
  const whose = weights === 'trained' ? 'trained weights' : "the supernet's weights";
  return { top1, of: `${images} ${split} images of data ${dataFingerprint.slice(0, 8)}, ${whose}` };
}

function notesOn(networks: readonly ComparedNetwork[]): string[] {
  const distinct = <T>(values: readonly T[]) => [...new Set(values)];
  const sides = distinct(networks.map(({ architecture }) => architecture.resolution));
  const classes = distinct(networks.map(({ architecture }) => architecture.classes));
  const measures = distinct(networks.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy.of])));
  return [
    ...(sides.length > 1 ? [`inputs of ${sides.join(', ')} pixels`] : []),
    ...(classes.length > 1 ? [`networks for ${classes.join(', ')} classes`] : []),
    ...(measures.length > 1 ? [`accuracies of different measures: ${measures.join('; ')}`] : []),
  ];
}
