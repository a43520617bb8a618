/** @file Timing on a machine that others use too: what is compared runs in turn, and medians stand for the rest. */

/** Wall time of one call, and the CPU time of the process in it, which other processes do not lengthen. */
export interface Timing {
  wallMs: number;
  cpuMs: number;
}

export function timed(run: () => unknown): Timing {
  const cpu = process.cpuUsage();
  const start = performance.now();
  run();
  const wallMs = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return { wallMs, cpuMs: (user + system) / 1000 };
}

/** Both once, one right after the other; which goes first alternates with `turn`. */
export function timedInTurn(turn: number, a: () => unknown, b: () => unknown): [Timing, Timing] {
  if (turn % 2 === 0) return [timed(a), timed(b)];
  const second = timed(b);
  return [timed(a), second];
}

export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}

/** Linear between the two nearest ranks. @param share 0.5 for the median */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return below + (above - below) * (at - Math.floor(at));
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
