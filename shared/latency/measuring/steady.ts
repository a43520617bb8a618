/**
 * @file Timings of probes as they would be at one speed of the machine. A clock that changes, or another program on the
 * same core, slows a probe and the reference block visited right before and behind it alike: by as much as these took
 * longer than they can, the probe's time is shortened. Quantiles cannot do that where a machine is slower for seconds.
 */
import { quantile } from '../statistics.ts';
import { referenceKey, type Sitting } from './schedule.ts';

/** Which of the reference's times is its time undisturbed. */
const undisturbed = 0.02;

/**
 * Microseconds by visit of every probe, in the order of the run.
 * @param samplesUs of all visits of the schedule
 */
export function steadied(schedule: readonly Sitting[], samplesUs: readonly number[]): Map<string, number[]> {
  const keys = schedule.flatMap(({ rounds }) => rounds.flat());
  const probes = new Set(schedule.flatMap(({ models }) => models.flatMap(({ key, probe }) => (probe ? [key] : []))));
  const referenceUs = quantile(
    samplesUs.filter((_, i) => keys[i] === referenceKey),
    undisturbed,
  );
  const byProbe = new Map<string, number[]>([...probes].map((key) => [key, []]));
  for (const [i, us] of samplesUs.entries()) {
    const key = keys[i]!;
    const around = [i - 1, i + 1].filter((j) => keys[j] === referenceKey).map((j) => samplesUs[j] ?? referenceUs);
    const slowness = around.reduce((sum, each) => sum + each, 0) / around.length / referenceUs;
    byProbe.get(key)?.push(us / Math.max(1, slowness));
  }
  return byProbe;
}
