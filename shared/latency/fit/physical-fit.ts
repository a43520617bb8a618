/** @file What parts cost by their size alone, fitted to the parts that were timed. */
import type { LatencyTable } from '../../contract/latency.ts';
import type { PhysicalModel } from '../../contract/latency-model.ts';
import { estimateUs, type PhysicalFeatures, physicalFeatures } from '../physical.ts';
import { parseSignature } from '../signature.ts';
import { apply, invert } from './symmetric.ts';

const names = ['part', 'denseMillionMacs', 'depthwiseMillionMacs', 'megabytesMoved', 'parameterMegabytes'] as const;
/** Of the mean square of a column: keeps coefficients that the parts cannot tell apart near zero. */
const ridge = 1e-4;
/** where too few parts were timed to tell */
const unknownDeviation = 0.5;

/** Least squares of relative errors; coefficients that come out negative are left out and the rest fitted again. */
export function fitPhysical(entries: LatencyTable['entries']): PhysicalModel {
  const timed = Object.entries(entries)
    .filter(([, { latencyUs }]) => latencyUs > 0)
    .map(([signature, { latencyUs }]) => ({ latencyUs, features: physicalFeatures(parseSignature(signature)) }));
  let active: (keyof PhysicalFeatures)[] = [...names];
  let weights = new Map<string, number>();
  while (active.length > 0 && timed.length > 0) {
    weights = solve(timed, active);
    const kept = active.filter((name) => weights.get(name)! > 0);
    if (kept.length === active.length) break;
    active = kept;
    weights = new Map();
  }
  const of = (name: string) => Math.max(0, weights.get(name) ?? 0);
  const coefficientsUs = {
    part: of('part'),
    denseMillionMacs: of('denseMillionMacs'),
    depthwiseMillionMacs: of('depthwiseMillionMacs'),
    megabytesMoved: of('megabytesMoved'),
    parameterMegabytes: of('parameterMegabytes'),
  };
  const errors = timed.map(({ latencyUs, features }) => estimateUs(features, coefficientsUs) / latencyUs - 1);
  const freedom = timed.length - active.length;
  const deviation = Math.sqrt(errors.reduce((sum, error) => sum + error ** 2, 0) / Math.max(1, freedom));
  return { coefficientsUs, relativeDeviation: freedom > 0 ? deviation : Math.max(deviation, unknownDeviation) };
}

function solve(
  timed: readonly { latencyUs: number; features: PhysicalFeatures }[],
  active: readonly (keyof PhysicalFeatures)[],
): Map<string, number> {
  const p = active.length;
  const gram = new Float64Array(p * p);
  const moments = new Float64Array(p);
  for (const { latencyUs, features } of timed) {
    const row = active.map((name) => features[name] / latencyUs);
    for (let k = 0; k < p; k++) {
      moments[k]! += row[k]!;
      for (let l = 0; l < p; l++) gram[k * p + l]! += row[k]! * row[l]!;
    }
  }
  for (let k = 0; k < p; k++) gram[k * p + k]! = gram[k * p + k]! * (1 + ridge) + Number.MIN_VALUE;
  const inverse = invert({ n: p, data: gram });
  const weights = inverse === null ? new Float64Array(p) : apply({ n: p, data: inverse.data }, moments);
  return new Map(active.map((name, k) => [name, weights[k]!]));
}
