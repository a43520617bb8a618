/** @file Accuracy over latency as a curve, and how much faster one curve is than another at equal accuracy. */

export interface CurvePoint {
  latencyMs: number;
  /** percent */
  top1: number;
}

/** Accuracies at which two curves are compared, evenly over what both reach. */
const levels = 21;

/**
 * The non-decreasing curve nearest to the points in least squares, over ln latency: neighbours in the wrong order, which
 * noise makes, become one point at their means ("pool adjacent violators", Ayer et al., 1955).
 */
export function risingCurve(points: readonly CurvePoint[]): CurvePoint[] {
  const pools: { sum: number; logs: number; count: number }[] = [];
  for (const { latencyMs, top1 } of [...points].sort((a, b) => a.latencyMs - b.latencyMs)) {
    pools.push({ sum: top1, logs: Math.log(latencyMs), count: 1 });
    while (pools.length > 1 && meanOf(pools.at(-2)!) >= meanOf(pools.at(-1)!)) {
      const last = pools.pop()!;
      const before = pools.at(-1)!;
      before.sum += last.sum;
      before.logs += last.logs;
      before.count += last.count;
    }
  }
  return pools.map((pool) => ({ latencyMs: Math.exp(pool.logs / pool.count), top1: meanOf(pool) }));
}

function meanOf({ sum, count }: { sum: number; count: number }): number {
  return sum / count;
}

/** Milliseconds at which a rising curve reaches `top1`, ln latency linear between points; null outside of it. */
export function latencyAt(curve: readonly CurvePoint[], top1: number): number | null {
  const above = curve.findIndex((point) => point.top1 >= top1);
  const high = curve[above];
  if (high === undefined) return null;
  if (high.top1 === top1) return high.latencyMs;
  const low = curve[above - 1];
  if (low === undefined) return null;
  const share = (top1 - low.top1) / (high.top1 - low.top1);
  return Math.exp(Math.log(low.latencyMs) + share * (Math.log(high.latencyMs) - Math.log(low.latencyMs)));
}

/**
 * ln of how many times faster `found` is than `baseline` at equal accuracy, the mean over the accuracies that both reach;
 * null where there are none: nothing is extrapolated.
 */
export function logSpeedUp(found: readonly CurvePoint[], baseline: readonly CurvePoint[]): number | null {
  const curves = [risingCurve(found), risingCurve(baseline)] as const;
  const low = Math.max(...curves.map((curve) => curve[0]!.top1));
  const high = Math.min(...curves.map((curve) => curve.at(-1)!.top1));
  if (!(high > low)) return null;
  const logs = Array.from({ length: levels }, (_, i) => {
    // Rounding must not leave the ends.
    const top1 = Math.min(high, low + ((high - low) * i) / (levels - 1));
    return Math.log(latencyAt(curves[1], top1)! / latencyAt(curves[0], top1)!);
  });
  return logs.reduce((sum, log) => sum + log, 0) / levels;
}
