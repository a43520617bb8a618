/** @file Verdicts by arithmetic: which network is the fastest of a device, and whether a claim holds. */
import { meets, type Target } from '../report.ts';
import { type MedianInterval, mean, medianInterval } from '../search-statistics.ts';

/** A network on one device. */
export interface Contender {
  name: string;
  /** mean over seeds, percent */
  top1: number;
  /** of batches that all contenders were timed in together */
  batchesMs: readonly number[];
}

/** Networks less accurate by more points than these are no rivals. */
export const rivalPoints = 1;

export interface Place {
  /** `tied`: some rival's median is lower, by less than its interval tells */
  verdict: 'fastest' | 'tied' | 'slower';
  /** ln (own / rival) with its interval, of the rival that is surest to be faster; null without rivals */
  closest: { name: string; logRatio: MedianInterval } | null;
}

/** Whether `own` is the fastest of those that are at most a point less accurate. */
export function placeOf(own: Contender, others: readonly Contender[]): Place {
  const rivals = others
    .filter(({ top1 }) => top1 >= own.top1 - rivalPoints)
    .map(({ name, batchesMs }) => ({ name, logRatio: logRatio(own.batchesMs, batchesMs) }))
    .sort((a, b) => b.logRatio.low - a.logRatio.low);
  const closest = rivals[0] ?? null;
  const isBeaten = rivals.some(({ logRatio: { median } }) => median > 0);
  const verdict = closest !== null && closest.logRatio.low > 0 ? 'slower' : isBeaten ? 'tied' : 'fastest';
  return { verdict, closest };
}

/** ln (a / b), paired by batch. */
export function logRatio(a: readonly number[], b: readonly number[]): MedianInterval {
  return medianInterval(a.map((value, i) => Math.log(value / b[i]!)));
}

/** A factor with its interval, from its logarithm. */
export function factorOf<Name extends string>(logarithm: Readonly<Record<Name, number>>): Record<Name, number> {
  const entries = Object.entries<number>(logarithm).map(([name, value]) => [name, Math.exp(value)]);
  return Object.fromEntries(entries) as Record<Name, number>;
}

export interface Claim {
  claim: string;
  /** as numbers: each with what was asked of it; a claim holds where all are met */
  numbers: { of: string; value: number; unit: string; target: Target }[];
  asked: string;
  measured: string;
  /** 95 %, in words; null where there is none */
  interval: string | null;
  /** why not, or what else there is to say; empty where nothing */
  reason: string;
}

/** Whether all its numbers are what was asked; null where there is none to tell. */
export function holds({ numbers }: Claim): boolean | null {
  return numbers.length === 0 ? null : numbers.every(({ value, target }) => meets(value, target));
}

/** The share of the variance of `y` that a straight line over `x` explains. */
export function correlationSquare(x: readonly number[], y: readonly number[]): number {
  const [meanX, meanY] = [mean(x), mean(y)];
  const product = (a: readonly number[], meanA: number, b: readonly number[], meanB: number) =>
    a.reduce((sum, value, i) => sum + (value - meanA) * (b[i]! - meanB), 0);
  return product(x, meanX, y, meanY) ** 2 / (product(x, meanX, x, meanX) * product(y, meanY, y, meanY));
}
