/**
 * @file The classifier's latency for class counts that were not timed. Its work is linear in the classes, so a straight
 * line through the two nearest timed counts of the same input width stands in.
 */
import type { LatencyTable } from '../contract/latency.ts';
import { parseSignature } from './signature.ts';

export interface InterpolatedLatency {
  latencyUs: number;
  /** the larger of the two neighbours' spreads */
  spreadUs: number;
  /** what the number rests on */
  flag: string;
}

/** Null where fewer than two class counts were timed for classifiers with `width` inputs. */
export function interpolateClassifier(
  entries: LatencyTable['entries'],
  width: number,
  classes: number,
): InterpolatedLatency | null {
  const timed = Object.entries(entries)
    .filter(([signature]) => signature.startsWith(`classifier-i${width}-`))
    .map(([signature, entry]) => {
      const part = parseSignature(signature);
      return { ...entry, classes: part.kind === 'classifier' ? part.classes : 0 };
    })
    .sort((a, b) => a.classes - b.classes);
  if (timed.length < 2) return null;
  const above = timed.findIndex((entry) => entry.classes > classes);
  const right = above === -1 ? timed.length - 1 : Math.max(above, 1);
  const low = timed[right - 1]!;
  const high = timed[right]!;
  const slope = (high.latencyUs - low.latencyUs) / (high.classes - low.classes);
  const inside = classes > low.classes && classes < high.classes;
  return {
    latencyUs: Math.max(0, low.latencyUs + slope * (classes - low.classes)),
    spreadUs: Math.max(low.spreadUs, high.spreadUs),
    flag: `classifier with ${classes} classes ${inside ? 'interpolated between' : 'extrapolated from'} ${low.classes} and ${high.classes} classes`,
  };
}
