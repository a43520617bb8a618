/**
 * @file Predictions against timings on one measured device: the model is fitted to the networks that a full plan chose
 * and uniformly drawn ones; two in three of the uniformly drawn ones are never used for fitting, and are predicted. Both
 * are spread over the whole run, because networks that were timed together are alike.
 */
import { readFileSync } from 'node:fs';
import { type LatencyTable, latencyTableSchema, type MeasuredNetwork } from '../../../shared/contract/latency.ts';
import { AdditiveLatencyModel } from '../../../shared/latency/additive.ts';
import { fitLatencyModel } from '../../../shared/latency/fit/fit-model.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { measuredArchitecture } from '../../../shared/latency/measured-network.ts';
import type { Measurement } from '../report.ts';
import { scoresOf } from './scores.ts';

const space = 'mobile-inverted-residual';
const uniformForFit = [0, 10, 20, 100];
const fewestUniform = 30;

/** @throws Error where the table has too few uniformly drawn networks of the space at its default resolution */
export function deviceRows(path: string): Measurement[] {
  const table = latencyTableSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  const networks = (table.networks ?? []).filter(
    (one) => 'path' in one && one.space === space && one.resolution === 224,
  );
  const designed = networks.filter(({ drawn }) => drawn === 'designed');
  const uniform = networks.filter(({ drawn }) => drawn === 'uniform');
  if (uniform.length < fewestUniform)
    throw new Error(`${path} has ${uniform.length} uniformly drawn networks of ${space}, not ${fewestUniform} or more`);
  const test = uniform.filter((_, i) => i % 3 !== 0);
  const rest = uniform.filter((_, i) => i % 3 === 0);
  const counts = uniformForFit.filter((count) => count <= rest.length);
  return counts.flatMap((count) => {
    const spread = Array.from({ length: count }, (_, i) => rest[Math.floor((i * rest.length) / count)]!);
    const fitted = [...designed, ...spread];
    return rowsFor(table, fitted, test, `${designed.length} designed and ${count} uniform networks timed`);
  });
}

function rowsFor(table: LatencyTable, fitted: MeasuredNetwork[], test: MeasuredNetwork[], name: string): Measurement[] {
  const model = new FittedLatencyModel(fitLatencyModel({ ...table, networks: fitted }));
  const sums = new AdditiveLatencyModel(table);
  const measured = test.map(({ latencyUs }) => latencyUs);
  const predictions = test.map((network) => model.predict(measuredArchitecture(network)));
  const ours = scoresOf(
    predictions.map(({ latencyUs }) => latencyUs),
    measured,
    predictions.map(({ highUs, latencyUs }) => highUs - latencyUs),
  );
  const plain = scoresOf(
    test.map((network) => sums.predict(measuredArchitecture(network)).latencyUs),
    measured,
  );
  const note = `baseline: the sum of blocks; ${test.length} networks never used for fitting`;
  return [
    { name: `${name}: MAPE`, value: ours.mape, unit: '%', target: { atMost: 5 }, baseline: plain.mape, note },
    {
      name: `${name}: within ±10 %`,
      value: ours.within10,
      unit: '%',
      target: { atLeast: 90 },
      baseline: plain.within10,
    },
    { name: `${name}: Spearman`, value: ours.spearman, unit: '', target: { atLeast: 0.98 }, baseline: plain.spearman },
    { name: `${name}: 90 % interval covers`, value: ours.coverage, unit: '', target: { atLeast: 0.88 } },
  ];
}
