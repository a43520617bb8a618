/**
 * @file How far a sum over blocks may lie from the truth. Two sources: the noise of each block's timing, and what whole
 * networks were seen to differ from the sum of their parts.
 */
import type { MeasuredNetwork } from '../contract/latency.ts';
import { deviationsPerMad, quantile } from './statistics.ts';

/** Φ⁻¹(0.95): nine in ten draws of a normal distribution lie within this many standard deviations. */
const nineInTen = 1.645;
/** networks whose predicted latency is within this factor of the one asked about tell how wrong a sum of that size is */
const similarFactor = 3;

/** With fewer whole networks than this their spread says too little. */
export const fewNetworks = 5;
/**
 * What is assumed then: parts of the shipped tables take 0.78 to 1.07 times inside a network what they take
 * alone, by space and resolution.
 */
const assumedResidual = 0.25;

/** A whole network whose sum of parts is known. */
export type ComparedNetwork = MeasuredNetwork & { sumOfBlocksUs: number };

export function hasSum(network: MeasuredNetwork): network is ComparedNetwork {
  return network.sumOfBlocksUs !== undefined;
}

export interface Interval {
  lowUs: number;
  highUs: number;
}

/**
 * The interval expected to hold nine in ten measurements: the 5 % and 95 % quantiles of measured / sum over whole
 * networks of similar latency (all of them where fewer than five are similar), widened by the timing noise of the
 * parts, taken as independent. With too few whole networks at least 25 % to each side. Zero is always inside the residuals' range, so that latencyUs is inside the interval.
 *
 * @param spreadsUs median absolute deviation of each part's timing
 */
export function predictionInterval(
  latencyUs: number,
  spreadsUs: readonly number[],
  networks: readonly ComparedNetwork[],
): Interval {
  const noiseUs = nineInTen * deviationsPerMad * Math.sqrt(spreadsUs.reduce((sum, spread) => sum + spread ** 2, 0));
  const similar = networks.filter(({ sumOfBlocksUs }) => {
    const ratio = sumOfBlocksUs / latencyUs;
    return ratio > 1 / similarFactor && ratio < similarFactor;
  });
  const residuals = (similar.length >= fewNetworks ? similar : networks).map(
    ({ latencyUs: wholeUs, sumOfBlocksUs }) => wholeUs / sumOfBlocksUs - 1,
  );
  const assumed = networks.length < fewNetworks ? assumedResidual : 0;
  const least = Math.min(-assumed, quantile(residuals, 0.05));
  const most = Math.max(assumed, quantile(residuals, 0.95));
  return {
    lowUs: Math.max(0, latencyUs * (1 + least) - noiseUs),
    highUs: latencyUs * (1 + most) + noiseUs,
  };
}
