/**
 * @file From what was timed on one device to its latency model: a block table where that is all there is; where whole
 * networks were timed too, the table corrected by them, one space and resolution at a time.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { LatencyTable, MeasuredNetwork } from '../../contract/latency.ts';
import type { LatencyModelData } from '../../contract/latency-model.ts';
import { FastpathError } from '../../errors.ts';
import { AdditiveLatencyModel } from '../additive.ts';
import { measuredArchitecture } from '../measured-network.ts';
import { fitOperators } from '../operators/fit-operators.ts';
import { partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { type Correction, correct, nineInTen } from './correct.ts';
import { fitPhysical } from './physical-fit.ts';

/**
 * Of a sum of blocks that no whole network was compared with, 25 % to each side at nine in ten: blocks ran 0.78 to 1.07
 * times as long inside networks as alone on the first devices measured.
 */
const uncheckedDeviation = 0.25 / nineInTen;
const few = 5;
const uncheckedNoise = 0.02;
const digits = 5;

/**
 * @param others tables of other devices, for transfer; those that lack parts of a space are left out there
 * @throws FastpathError `latency.nothing-timed`
 */
export function fitLatencyModel(table: LatencyTable, others: readonly LatencyTable[] = []): LatencyModelData {
  const { hardware, overheadUs, entries, networks = [], drift, operators } = table;
  if (Object.keys(entries).length === 0) {
    const message = `nothing but whole networks is known of ${hardware.id}: measure or import at least ten of its blocks`;
    throw new FastpathError('latency.nothing-timed', message);
  }
  const physical = fitPhysical(entries);
  const known = new AdditiveLatencyModel(table);
  // A network that takes less than a call and its classifier is a wrong timing, or one of another device.
  const usable = networks.filter((network) => network.latencyUs > leastUs(network, known));
  const families = familiesOf(usable);
  const corrections = families.map((family) => correct(table, family, others, physical));
  const parts = combine(table, corrections);
  const flags: string[] = [];
  if (drift?.unstable) flags.push(`the timings of ${hardware.id} were taken on a busy machine`);
  if (usable.length === 0) flags.push(`no whole network was timed on ${hardware.id}: sums of blocks, unchecked`);
  if (usable.length > 0 && usable.length < few) {
    flags.push(`few whole networks were timed on ${hardware.id}: ${usable.length}, where ten tell much more`);
  }
  if (usable.length < networks.length) {
    flags.push(`${networks.length - usable.length} whole networks of ${hardware.id} take less than a call: left out`);
  }
  const model = {
    format: 'fastpath.latency-model/1' as const,
    hardware,
    trainedOn: {
      sha256: hashOf(table),
      blocks: Object.keys(entries).length,
      networks: usable.length,
      sources: [...new Set(corrections.flatMap(({ sources }) => sources))],
    },
    overheadUs,
    ...parts,
    intervalDeviations: nineInTen,
    physical,
    ...(operators !== undefined && { operators: fitOperators(operators, overheadUs) }),
    flags,
  };
  return { ...model, version: hashOf(model).slice(0, 16) };
}

function leastUs(network: MeasuredNetwork, model: AdditiveLatencyModel): number {
  const classifier = partsOf(measuredArchitecture(network)).at(-1)!;
  return model.overheadUs + (model.knows(classifier) ? model.partLatencyUs(classifier) : 0);
}

/** Networks that share a stem at one resolution run the same kind of parts. */
function familiesOf(networks: readonly MeasuredNetwork[]): MeasuredNetwork[][] {
  const families = new Map<string, MeasuredNetwork[]>();
  for (const network of networks) {
    const stem = signatureOf(partsOf(measuredArchitecture(network))[0]!.part);
    families.set(stem, [...(families.get(stem) ?? []), network]);
  }
  return [...families.values()];
}

/**
 * The corrections' factors stand side by side: no network has parts of two of them. A correction whose timings scatter
 * more than the least says so by one more factor, in proportion to its parts.
 */
function combine(
  { entries }: LatencyTable,
  corrections: readonly Correction[],
): Pick<LatencyModelData, 'overheadFactorsUs' | 'parts' | 'estimated' | 'noise'> {
  const noise = corrections.length === 0 ? uncheckedNoise : Math.min(...corrections.map((one) => one.noise));
  const columns = 1 + Math.max(0, ...corrections.map(({ factors }) => factors));
  const parts: LatencyModelData['parts'] = {};
  const row = (latencyUs: number, factorsUs: ArrayLike<number>, shared: number) => [
    rounded(latencyUs),
    ...Array.from({ length: columns - 1 }, (_, j) => rounded(visible(factorsUs[j] ?? 0, latencyUs))),
    rounded(shared * latencyUs),
  ];
  for (const [signature, { latencyUs }] of Object.entries(entries))
    parts[signature] = row(latencyUs, [], uncheckedDeviation);
  for (const correction of corrections) {
    const extra = Math.sqrt(correction.noise ** 2 - noise ** 2);
    for (const [signature, { latencyUs, factorsUs }] of correction.parts)
      parts[signature] = row(latencyUs, factorsUs, extra);
  }
  const estimated = Object.keys(parts).filter((signature) => !Object.hasOwn(entries, signature));
  return { overheadFactorsUs: new Array<number>(columns).fill(0), parts, estimated, noise: rounded(noise) };
}

/** Directions that move a part by less than a millionth are debris of the arithmetic. */
function visible(factorUs: number, latencyUs: number): number {
  return Math.abs(factorUs) < 1e-6 * latencyUs ? 0 : factorUs;
}

function hashOf(json: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(JSON.stringify(json))));
}

function rounded(value: number): number {
  return Number(value.toPrecision(digits));
}
