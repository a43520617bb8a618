/**
 * @file Models of the known devices: least squares over all rows of a file, with residuals clipped against spikes. They
 * are smooth functions of the architecture, as shipped models are: a source's timing of one network is never used to
 * predict that same network.
 */
import { apply, invert } from '../../../shared/latency/fit/symmetric.ts';
import { median } from '../../../shared/latency/statistics.ts';
import type { Description } from './encode.ts';

const rowsPerPenalty = 500;
const clipAtDeviations = 3;
const deviationsPerMad = 1.4826;
/** Choices interact (an operation is dropped with its neighbour): pairs are looked at where there are few enough. */
const mostPairs = 1500;

/** [device][network] latency over the device's mean. */
export function sourceModels(descriptions: readonly Description[], devices: readonly Float64Array[]): Float64Array[] {
  const rows = descriptions.map(({ physical, blocks }) =>
    Float64Array.from([1, ...physical, ...blocks, ...pairs(blocks)]),
  );
  const means = columnScales(rows);
  const p = rows[0]!.length;
  const gram = new Float64Array(p * p);
  for (const row of rows) {
    for (let k = 0; k < p; k++) {
      row[k]! /= means[k]!;
      if (row[k] === 0) continue;
      for (let l = 0; l <= k; l++) gram[k * p + l]! += row[k]! * row[l]!;
    }
  }
  for (let k = 0; k < p; k++) {
    gram[k * p + k]! += rows.length / rowsPerPenalty;
    for (let l = 0; l < k; l++) gram[l * p + k] = gram[k * p + l]!;
  }
  const inverse = invert({ n: p, data: gram })!;
  const smooth = (latencies: Float64Array): Float64Array => {
    const moments = new Float64Array(p);
    for (const [i, row] of rows.entries()) for (let k = 0; k < p; k++) moments[k]! += row[k]! * latencies[i]!;
    const weights = apply({ n: p, data: inverse.data }, moments);
    return Float64Array.from(rows, (row) => row.reduce((sum, value, k) => sum + value * weights[k]!, 0));
  };
  return devices.map((latencies) => {
    let fitted = smooth(latencies);
    for (let round = 0; round < 3; round++) fitted = smooth(clipped(latencies, fitted));
    const mean = fitted.reduce((sum, value) => sum + value, 0) / fitted.length;
    return fitted.map((value) => value / mean);
  });
}

function clipped(latencies: Float64Array, fitted: Float64Array): Float64Array {
  const spread = deviationsPerMad * median(Array.from(latencies, (latency, i) => Math.abs(latency - fitted[i]!)));
  const limit = clipAtDeviations * spread;
  return latencies.map((latency, i) => fitted[i]! + Math.max(-limit, Math.min(limit, latency - fitted[i]!)));
}

function pairs(blocks: readonly number[]): number[] {
  if ((blocks.length * (blocks.length - 1)) / 2 > mostPairs) return [];
  return blocks.flatMap((one, i) => blocks.slice(i + 1).map((other) => one * other));
}

/** Roots of the columns' mean squares; 1 for columns of zeros. */
function columnScales(rows: readonly Float64Array[]): number[] {
  return Array.from({ length: rows[0]!.length }, (_, k) => {
    const square = rows.reduce((sum, row) => sum + row[k]! ** 2, 0) / rows.length;
    return square === 0 ? 1 : Math.sqrt(square);
  });
}
