/**
 * @file Whether a table's numbers can be times at all in the unit they are read in: a unit taken for another is a factor
 * of 1,000 or more, and most devices that run such networks lie within 1,000 of one of the two bounds. The bounds are on
 * the sum over the table, so that one odd row decides nothing.
 */
import { layersOf } from '../../architecture/layers.ts';
import { FastpathError } from '../../errors.ts';
import { measuredArchitecture } from '../measured-network.ts';
import { layersOfPart } from '../part.ts';
import { parseSignature } from '../signature.ts';
import type { TimedRows } from './rows.ts';

/** Multiply-adds per second of one processor core at its best: two 512-bit units, 16 numbers each, 5.6 GHz. */
const coreRate = 1.8e11;
/** Whatever is faster spreads a layer over many cores, and to start them and wait for the last takes this long. */
const layerSeconds = 1.5e-6;
/**
 * Multiply-adds per second and image of a call: 300 M in 0.1 ms, which starting some 50 layers takes, are 3 · 10¹².
 * More images a call fill a device better.
 */
const fastestPerImage = 4e12;
/** A rack-scale accelerator's peak: no batch goes beyond. */
const fastest = 1e16;
/** A microcontroller at 480 MHz that needs about five cycles for each multiply-add. */
const slowest = 1e8;
/** What a small part takes on a slow device whatever its size. */
const startSeconds = 1e-3;

/**
 * @param batchSize images a call
 * @param takeAnyway how to say that the times are right, for the message
 * @throws FastpathError `import.implausible` with the unit that may have been meant
 */
export function checkPlausibleSpeed(
  rows: Pick<TimedRows, 'parts' | 'networks'>,
  batchSize: number,
  takeAnyway: string,
): void {
  const timed = [
    ...rows.parts.map(({ signature, latencyUs }) => ({ layers: layersOfPart(parseSignature(signature)), latencyUs })),
    ...rows.networks.map((network) => ({
      layers: layersOf(measuredArchitecture(network)),
      latencyUs: network.latencyUs,
    })),
  ].map(({ layers, latencyUs }) => {
    const working = layers.filter(({ macs }) => macs > 0);
    return { latencyUs, layers: working.length, macs: batchSize * working.reduce((sum, layer) => sum + layer.macs, 0) };
  });
  const seconds = sum(timed.map(({ latencyUs }) => latencyUs)) / 1e6;
  const macs = sum(timed.map((row) => row.macs));
  if (seconds === 0) return;
  const least = Math.max(
    sum(timed.map((row) => Math.min(row.macs / coreRate, row.layers * layerSeconds))),
    macs / Math.min(fastest, fastestPerImage * batchSize),
  );
  const most = macs / slowest + timed.length * startSeconds;
  if (seconds >= least && seconds <= most) return;
  const [than, hint] =
    seconds < least
      ? ['faster than any known device', 'milliseconds given as microseconds, or seconds as milliseconds']
      : ['slower than any known device', 'microseconds given as milliseconds, or milliseconds as seconds'];
  const rate = (time: number) => (macs / time).toExponential(1);
  throw new FastpathError(
    'import.implausible',
    `these timings make ${rate(seconds)} multiply-adds a second (for these parts ${rate(most)} to ${rate(least)} are ` +
      `possible), ${than}: are they ${hint}? Nothing was imported; ${takeAnyway} takes them as they are`,
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
