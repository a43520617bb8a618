/**
 * @file A latency model straight from a table of blocks: its entries as they are, noise from its whole networks, and
 * the costs by size fitted to the entries.
 */
import type { LatencyTable } from '../contract/latency.ts';
import type { LatencyModelData, PhysicalModel } from '../contract/latency-model.ts';
import { type PhysicalFeatures, physicalFeatures } from './physical.ts';
import { parseSignature } from './signature.ts';
import { quantile } from './statistics.ts';

/** Φ⁻¹(0.95): nine in ten draws of a normal distribution lie within this many standard deviations. */
const nineInTen = 1.645;

/**
 * @param hashes `sha256` of the table's JSON and the model's `version`, worked out beforehand: hashing takes longer than
 * all else that a service does before its first answer
 */
export function modelOfTable(table: LatencyTable, hashes: { sha256: string; version: string }): LatencyModelData {
  const { hardware, overheadUs, entries, networks = [], drift } = table;
  const errors = networks.map(({ latencyUs, sumOfBlocksUs }) => Math.abs(latencyUs / sumOfBlocksUs - 1));
  return {
    format: 'fastpath.latency-model/1',
    hardware,
    version: hashes.version,
    trainedOn: {
      sha256: hashes.sha256,
      blocks: Object.keys(entries).length,
      networks: networks.length,
      sources: [],
    },
    overheadUs,
    overheadFactorsUs: [],
    parts: Object.fromEntries(Object.entries(entries).map(([signature, { latencyUs }]) => [signature, [latencyUs]])),
    noise: quantile(errors, 0.9) / nineInTen,
    intervalDeviations: nineInTen,
    physical: fitPhysical(entries),
    flags: drift.unstable ? [`the latency table of ${hardware.id} was measured on a busy machine`] : [],
  };
}

const names = [
  'part',
  'denseMillionMacs',
  'depthwiseMillionMacs',
  'megabytesMoved',
  'parameterMegabytes',
] as const satisfies (keyof PhysicalFeatures)[];

/** Least squares of the relative error. */
function fitPhysical(entries: LatencyTable['entries']): PhysicalModel {
  const timed = Object.entries(entries).filter(([, { latencyUs }]) => latencyUs > 0);
  const rows = timed.map(([signature, { latencyUs }]) => {
    const features = physicalFeatures(parseSignature(signature));
    return names.map((name) => features[name] / latencyUs);
  });
  const solution = solve(
    names.map((_, i) => names.map((__, j) => sum(rows.map((row) => row[i]! * row[j]!)) + (i === j ? 1e-9 : 0))),
    names.map((_, i) => sum(rows.map((row) => row[i]!))),
  );
  const ratios = rows.map((row) => 1 / Math.max(0.1, sum(row.map((value, i) => value * solution[i]!))));
  const mean = sum(ratios) / ratios.length;
  const variance = sum(ratios.map((ratio) => (ratio - mean) ** 2)) / ratios.length;
  return {
    coefficientsUs: Object.fromEntries(names.map((name, i) => [name, solution[i]!])) as PhysicalModel['coefficientsUs'],
    relativeDeviation: Math.sqrt(variance),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Gauss–Jordan elimination of a positive definite system. */
function solve(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const rows = matrix.map((row, i) => [...row, right[i]!]);
  for (const [i, pivotRow] of rows.entries()) {
    const pivot = pivotRow[i]!;
    for (const [j, row] of rows.entries()) {
      if (j === i) continue;
      const factor = row[i]! / pivot;
      for (let k = i; k < row.length; k++) row[k]! -= factor * pivotRow[k]!;
    }
  }
  return rows.map((row, i) => row.at(-1)! / row[i]!);
}
