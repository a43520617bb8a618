/**
 * @file Whether a table's numbers can be times at all in the unit they are read in. Multiply-adds per second over the
 * whole table tell: a unit taken for another is a factor of 1,000 or more, and most devices that run such networks lie
 * within 1,000 of one of the two bounds.
 */
import { costOf, describe } from '../../architecture/describe.ts';
import { blockLayers, stemLayers } from '../../architecture/layers.ts';
import { FastpathError } from '../../errors.ts';
import { measuredArchitecture } from '../measured-network.ts';
import type { Part } from '../part.ts';
import { parseSignature } from '../signature.ts';
import type { ImportedRows } from './rows.ts';

/**
 * Multiply-adds per second. Small networks on one image keep the fastest accelerators below this: 300 M multiply-adds
 * in 0.1 ms, which is what launching some 50 kernels of 2 µs each takes, are 3 · 10¹². More images a call fill them.
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
 * @throws FastpathError `import.implausible` with the unit that may have been meant
 */
export function checkPlausibleSpeed(rows: ImportedRows, batchSize: number): void {
  const timed = [
    ...rows.parts.map(({ signature, latencyUs }) => ({ macs: partMacs(parseSignature(signature)), latencyUs })),
    ...rows.networks.map((network) => ({
      macs: describe(measuredArchitecture(network)).macs,
      latencyUs: network.latencyUs,
    })),
  ];
  const macs = batchSize * timed.reduce((sum, row) => sum + row.macs, 0);
  const seconds = timed.reduce((sum, row) => sum + row.latencyUs, 0) / 1e6;
  if (timed.length === 0 || seconds === 0) return;
  const rate = macs / seconds;
  const most = Math.min(fastest, fastestPerImage * batchSize);
  const tooSlow = seconds > macs / slowest + timed.length * startSeconds;
  if (!tooSlow && rate <= most) return;
  const [than, hint] = !tooSlow
    ? ['faster than any known device', 'milliseconds given as microseconds, or seconds as milliseconds']
    : ['slower than any known device', 'microseconds given as milliseconds, or milliseconds as seconds'];
  throw new FastpathError(
    'import.implausible',
    `these timings make ${rate.toExponential(1)} multiply-adds a second (possible: ${slowest.toExponential(0)} to ` +
      `${most.toExponential(0)}), ${than}: are they ${hint}? Nothing was imported; --any-speed takes them as they are`,
  );
}

/** Multiply-adds of a part on one image. */
function partMacs(part: Part): number {
  switch (part.kind) {
    case 'stem':
      return costOf(stemLayers({ kernel: 3, ...part }, part.inputSize)).macs;
    case 'mbconv':
      return costOf(blockLayers(part.block, part.inputSize, 'block')).macs;
    case 'head':
      return part.in * part.channels * part.inputSize ** 2;
    case 'classifier':
      return part.in * part.classes;
  }
}
