/** @file Whether the machine kept its speed while it was measured. */
import type { LatencyTable } from '../../contract/latency.ts';
import { quantile } from '../statistics.ts';

/** The run is cut into this many pieces, or fewer: a low quantile of a handful of visits tells of the visits only. */
const mostPieces = 8;
const fewestVisits = 8;
const limit = 0.03;

/** Whether a device that moved by this fraction was busy, hot or slowed down. */
export function isUnstable(largestFraction: number): boolean {
  return largestFraction > limit;
}

/** @param samplesUs visits of the reference block in the order of the run, one or more */
export function driftOf(
  reference: string,
  samplesUs: readonly number[],
  q: number,
): NonNullable<LatencyTable['drift']> {
  const wholeUs = quantile(samplesUs, q);
  const count = Math.max(1, Math.min(mostPieces, Math.floor(samplesUs.length / fewestVisits)));
  const piecesUs = Array.from({ length: count }, (_, i) =>
    quantile(
      samplesUs.slice(Math.floor((i * samplesUs.length) / count), Math.floor(((i + 1) * samplesUs.length) / count)),
      q,
    ),
  );
  const largest = Math.max(...piecesUs.map((us) => Math.abs(us / wholeUs - 1)));
  return {
    reference,
    largestFraction: thousandths(largest),
    unstable: isUnstable(largest),
    piecesUs: piecesUs.map(thousandths),
  };
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000;
}
