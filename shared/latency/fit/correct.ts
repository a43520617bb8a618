/** @file A block table corrected by whole networks of one space at one resolution. */
import type { Architecture } from '../../contract/architecture.ts';
import type { LatencyTable, MeasuredNetwork } from '../../contract/latency.ts';
import type { PhysicalModel } from '../../contract/latency-model.ts';
import { Random } from '../../random.ts';
import { findSpace } from '../../space/built-in.ts';
import { planSupernet } from '../../space/make-plan.ts';
import { blockOf, pathToArchitecture, uniformPath } from '../../space/path.ts';
import { AdditiveLatencyModel } from '../additive.ts';
import { measuredArchitecture } from '../measured-network.ts';
import { fixedParts, type NamedPart, partsOf } from '../part.ts';
import { estimateUs, physicalFeatures } from '../physical.ts';
import { signatureOf } from '../signature.ts';
import { bodyOf, Family } from './family.ts';
import { fitTransfer, type LinearPosterior } from './fit-transfer.ts';
import { pivotedFactors } from './symmetric.ts';

/** Φ⁻¹(0.95): nine in ten draws of a normal distribution lie within this many standard deviations. */
export const nineInTen = 1.645;
const referenceNetworks = 300;
const enoughForSpace = 5;
/**
 * Standard deviation between groups of networks that one process timed one after the other, measured: 1.7 % over 16
 * groups of 20 while a block in the cache kept its speed to 0.7 %. Memory moves, which only whole networks feel.
 */
const betweenSittings = 0.017;
/** Of the variance of all parts; what is left out of the factors is that little. */
const varianceLeftOut = 0.01;
const mostFactors = 12;

export interface Correction {
  parts: Map<string, { latencyUs: number; factorsUs: Float64Array }>;
  /** how many factors each part has */
  factors: number;
  /** one timing around a perfect model, as a fraction of the latency, scaled for intervals of 1.645 deviations */
  noise: number;
  /** ids of the other devices used */
  sources: string[];
}

export function correct(
  table: LatencyTable,
  networks: readonly MeasuredNetwork[],
  others: readonly LatencyTable[],
  physical: PhysicalModel,
): Correction {
  const architectures = networks.map(measuredArchitecture);
  const { parts, reference } = spaceOf(networks, architectures, table);
  const own = costs(table, physical);
  // The same device under another runtime or batch size is no other device.
  const known = others
    .filter(({ hardware }) => hardware.device !== table.hardware.device)
    .filter((other) => parts.every((part) => new AdditiveLatencyModel(other).knows(part)));
  const family = new Family(reference, [own, ...known.map((other) => costs(other, physical))]);
  const posterior = fitTransfer(
    {
      rows: architectures.map((architecture) => family.row(architecture)),
      latencies: networks.map(
        ({ latencyUs }, i) => latencyUs - own(classifierOf(architectures[i]!)) - table.overheadUs,
      ),
    },
    {
      layout: family.layout,
      sourceDeviations: family.sourceDeviations,
      noise: 'proportional',
      expected: family.meanUs,
      own: 0,
    },
  );
  // Networks timed together met one state of the machine; what is measured at another time meets another.
  const otherTimes = Math.max(betweenSittings, (table.drift?.largestFraction ?? 0) / nineInTen);
  const widening = posterior.intervalDeviations / nineInTen;
  const rows = parts.map((part) => family.partRow(part));
  const factors = factorsOf(posterior, rows, widening);
  return {
    parts: new Map(
      parts.map(({ part }, i) => [
        signatureOf(part),
        {
          latencyUs: Math.max(0, dot(posterior.weights, rows[i]!)),
          factorsUs: Float64Array.from(factors, (factor) => factor[i]!),
        },
      ]),
    ),
    factors: factors.length,
    noise: Math.hypot(posterior.noise.fraction * widening, otherTimes),
    sources: known.map(({ hardware }) => hardware.id),
  };
}

/** The posterior as covariance of the parts' latencies, factored. */
function factorsOf({ covariance }: LinearPosterior, rows: readonly Float64Array[], widening: number): Float64Array[] {
  const n = rows.length;
  const { n: length, data } = covariance;
  const half = rows.map((row) =>
    Float64Array.from({ length }, (_, k) => {
      let sum = 0;
      for (let l = 0; l < length; l++) sum += data[k * length + l]! * row[l]!;
      return sum;
    }),
  );
  const between = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) between[i * n + j] = widening ** 2 * dot(half[i]!, rows[j]!);
  return pivotedFactors({ n, data: between }, varianceLeftOut, mostFactors);
}

function classifierOf(architecture: Architecture): NamedPart {
  return partsOf(architecture).at(-1)!;
}

/**
 * Every part but classifiers that the family's networks may have, and networks that stand for all of them. Too few
 * timed networks tell of their whole space only where the table has all of its parts: how far sums of parts are off.
 */
function spaceOf(networks: readonly MeasuredNetwork[], architectures: readonly Architecture[], table: LatencyTable) {
  const parts = new Map<string, NamedPart>();
  const add = (part: NamedPart) => parts.set(signatureOf(part.part), part);
  for (const architecture of architectures) for (const part of bodyOf(architecture)) add(part);
  const place = networks.find((network) => 'path' in network);
  const timedAlone = { parts: [...parts.values()], reference: architectures };
  if (place === undefined || !('path' in place)) return timedAlone;
  const plan = planSupernet(findSpace(place.space), place);
  for (const part of fixedParts(plan)) if (part.part.kind !== 'classifier') add(part);
  for (const choiceBlock of plan.blocks) {
    for (const candidate of choiceBlock.candidates) {
      const block = blockOf(choiceBlock, candidate);
      if (block !== null) add({ name: 'block', part: { kind: 'mbconv', block, inputSize: choiceBlock.inputSize } });
    }
  }
  const timed = new AdditiveLatencyModel(table);
  const isWhole = [...parts.values()].every((part) => timed.knows(part));
  if (networks.length < enoughForSpace && !isWhole) return timedAlone;
  const random = Random.named(1, 'reference networks');
  const drawn = Array.from({ length: referenceNetworks }, () => pathToArchitecture(plan, uniformPath(plan, random)));
  return { parts: [...parts.values()], reference: drawn };
}

/** What a part takes by a table; by its size where the table has no such part. */
function costs(table: LatencyTable, physical: PhysicalModel): (part: NamedPart) => number {
  const model = new AdditiveLatencyModel(table);
  const cache = new Map<string, number>();
  return (part) => {
    const signature = signatureOf(part.part);
    const known = cache.get(signature);
    if (known !== undefined) return known;
    const latencyUs = model.knows(part)
      ? model.partLatencyUs(part)
      : estimateUs(physicalFeatures(part.part), physical.coefficientsUs);
    cache.set(signature, latencyUs);
    return latencyUs;
  };
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
