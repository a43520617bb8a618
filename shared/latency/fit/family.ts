/**
 * @file Networks of one space at one resolution, as rows for the regression. All features are sums over parts, so that
 * what is learnt about networks can be said of parts: latency of the own table, of other devices' tables, physical
 * features and counts of each part. Physical features and counts are taken less what a network of that latency has on
 * average, and scaled by their spread over the space. The classifier stays out: networks of other resolutions share it,
 * and its size is the data set's.
 */
import type { Architecture } from '../../contract/architecture.ts';
import { type NamedPart, partsOf } from '../part.ts';
import { physicalFeatures } from '../physical.ts';
import { signatureOf } from '../signature.ts';
import { type Layout, lengthOf } from './transfer-prior.ts';

/** What a network costs before its first part is little: the constant counts a tenth. */
const constantFeature = 0.1;

/** Sums of a network's or one part's features. */
interface Sums {
  /** microseconds in each table, the own first */
  tablesUs: number[];
  physical: number[];
  counts: Map<string, number>;
}

export class Family {
  readonly layout: Layout;
  /** standard deviation over the space of each table's latency, over its mean */
  readonly sourceDeviations: number[];
  /** of the own table, classifier and cost of a call left out */
  readonly meanUs: number;
  private readonly means: number[];
  private readonly physicalScale: { mean: number; factor: number }[];
  private readonly countScale = new Map<string, { mean: number; factor: number; column: number }>();

  /**
   * @param reference networks that stand for the space
   * @param tables latency of a part in each table, the own first
   */
  constructor(
    reference: readonly Architecture[],
    private readonly tables: readonly ((part: NamedPart) => number)[],
  ) {
    const sums = reference.map((architecture) => this.sumsOf(bodyOf(architecture)));
    this.means = tables.map((_, s) => mean(sums.map(({ tablesUs }) => tablesUs[s]!)));
    this.meanUs = this.means[0]!;
    this.sourceDeviations = tables.map((_, s) => deviation(sums.map(({ tablesUs }) => tablesUs[s]! / this.means[s]!)));
    const own = sums.map(({ tablesUs }) => tablesUs[0]! / this.meanUs);
    const scale = (values: readonly number[]) => {
      const middle = mean(values);
      const spread = deviation(values.map((value, i) => value - middle * own[i]!));
      return { mean: middle, factor: spread > 1e-9 * Math.abs(middle) ? 1 / spread : 0 };
    };
    this.physicalScale = sums[0]!.physical.map((_, k) => scale(sums.map(({ physical }) => physical[k]!)));
    const signatures = [...new Set(sums.flatMap(({ counts }) => [...counts.keys()]))].sort();
    const scales = signatures.map((signature) => scale(sums.map(({ counts }) => counts.get(signature) ?? 0)));
    const varying = scales.filter(({ factor }) => factor > 0).length;
    let column = 0;
    for (const [j, signature] of signatures.entries()) {
      const { mean: middle, factor } = scales[j]!;
      if (factor > 0)
        this.countScale.set(signature, { mean: middle, factor: factor / Math.sqrt(varying), column: column++ });
    }
    this.physicalScale = this.physicalScale.map((one) => ({
      ...one,
      factor: one.factor / Math.sqrt(this.physicalScale.length),
    }));
    this.layout = { sources: tables.length, physical: this.physicalScale.length, blocks: varying };
  }

  row(architecture: Architecture): Float64Array {
    const row = this.contribution(this.sumsOf(bodyOf(architecture)));
    row[0] = constantFeature;
    return row;
  }

  /** What one part adds to its network's row; the constant stands with the stem. */
  partRow(part: NamedPart): Float64Array {
    const row = this.contribution(this.sumsOf([part]));
    if (part.part.kind === 'stem') row[0] = constantFeature;
    return row;
  }

  private contribution({ tablesUs, physical, counts }: Sums): Float64Array {
    const row = new Float64Array(lengthOf(this.layout));
    const own = tablesUs[0]! / this.meanUs;
    const { sources } = this.layout;
    for (const [s, us] of tablesUs.entries()) row[1 + s] = us / this.means[s]!;
    for (const [k, value] of physical.entries()) {
      const { mean: middle, factor } = this.physicalScale[k]!;
      row[1 + sources + k] = (value - middle * own) * factor;
    }
    for (const [signature, { mean: middle, factor, column }] of this.countScale) {
      row[1 + sources + physical.length + column] = ((counts.get(signature) ?? 0) - middle * own) * factor;
    }
    return row;
  }

  private sumsOf(parts: readonly NamedPart[]): Sums {
    const sums: Sums = { tablesUs: this.tables.map(() => 0), physical: [], counts: new Map() };
    for (const part of parts) {
      const features = Object.values(physicalFeatures(part.part));
      for (const [k, value] of features.entries()) sums.physical[k] = (sums.physical[k] ?? 0) + value;
      for (const [s, latencyUs] of this.tables.entries()) sums.tablesUs[s]! += latencyUs(part);
      const signature = signatureOf(part.part);
      sums.counts.set(signature, (sums.counts.get(signature) ?? 0) + 1);
    }
    return sums;
  }
}

/** All parts but the classifier. */
export function bodyOf(architecture: Architecture): NamedPart[] {
  return partsOf(architecture).filter(({ part }) => part.kind !== 'classifier');
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values: readonly number[]): number {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) ** 2)));
}
