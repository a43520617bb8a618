/**
 * @file Stands in for parts that a latency model has no timing of: a classifier between two timed class counts, anything
 * else by its size.
 */
import type { LatencyModelData } from '../contract/latency-model.ts';
import type { Part } from './part.ts';
import type { Doubt, PartCost } from './part-costs.ts';
import { estimateUs, type PhysicalFeatures, physicalFeatures } from './physical.ts';
import { signatureOf } from './signature.ts';

type Classifier = Extract<Part, { kind: 'classifier' }>;

/** [smallest, largest] among timed parts of one kind, by feature */
type Range = Record<keyof PhysicalFeatures, [number, number]>;

export class UntimedParts {
  private readonly inRange: Doubt;
  private readonly outOfRange: Doubt;
  private readonly factorless: number[];
  private readonly ranges = new Map<Part['kind'], Range>();

  /** @param timed the parts of `model`'s table */
  constructor(
    private readonly model: LatencyModelData,
    private readonly timed: readonly Part[],
  ) {
    const { id } = model.hardware;
    this.inRange = (parts) => `not timed on ${id}, estimated from size: ${parts}`;
    this.outOfRange = (parts) => `smaller or larger than anything timed on ${id}, estimated from size: ${parts}`;
    this.factorless = model.overheadFactorsUs.map(() => 0);
  }

  estimate(part: Part): PartCost {
    const between = part.kind === 'classifier' ? this.betweenClassifiers(part) : null;
    return between ?? this.bySize(part);
  }

  /** Whether timings tell of it, not its size alone. */
  follows(part: Part): boolean {
    return part.kind === 'classifier' && this.betweenClassifiers(part) !== null;
  }

  private bySize(part: Part): PartCost {
    const { coefficientsUs, relativeDeviation } = this.model.physical;
    const features = physicalFeatures(part);
    const latencyUs = estimateUs(features, coefficientsUs);
    const range = this.rangeOf(part.kind);
    const inside = Object.entries(range).every(([name, [smallest, largest]]) => {
      const value = features[name as keyof PhysicalFeatures];
      return value >= smallest && value <= largest;
    });
    return {
      latencyUs,
      deviationUs: relativeDeviation * latencyUs,
      factorsUs: this.factorless,
      doubt: inside ? this.inRange : this.outOfRange,
    };
  }

  /** The straight line of `interpolateClassifier`, through latencies and factors alike; null below two timed counts. */
  private betweenClassifiers({ in: width, classes }: Classifier): PartCost | null {
    const counts = this.timed
      .filter((part): part is Classifier => part.kind === 'classifier' && part.in === width)
      .sort((a, b) => a.classes - b.classes);
    if (counts.length < 2) return null;
    const above = counts.findIndex((timed) => timed.classes > classes);
    const right = above === -1 ? counts.length - 1 : Math.max(above, 1);
    const low = counts[right - 1]!;
    const high = counts[right]!;
    const along = (classes - low.classes) / (high.classes - low.classes);
    const lowUs = this.model.parts[signatureOf(low)]!;
    const [latencyUs, ...factorsUs] = this.model.parts[signatureOf(high)]!.map(
      (us, i) => lowUs[i]! + along * (us - lowUs[i]!),
    );
    const how = along > 0 && along < 1 ? 'interpolated between' : 'extrapolated from';
    const flag = `classifier with ${classes} classes ${how} ${low.classes} and ${high.classes} classes`;
    return { latencyUs: Math.max(0, latencyUs!), deviationUs: 0, factorsUs, doubt: () => flag };
  }

  /** Infinite the wrong way round where nothing of that kind was timed: every size is outside then. */
  private rangeOf(kind: Part['kind']): Range {
    const held = this.ranges.get(kind);
    if (held !== undefined) return held;
    const range = Object.fromEntries(
      featureNames.map((name) => [name, [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]]),
    ) as Range;
    for (const part of this.timed) {
      if (part.kind !== kind) continue;
      const features = physicalFeatures(part);
      for (const name of featureNames) {
        range[name][0] = Math.min(range[name][0], features[name]);
        range[name][1] = Math.max(range[name][1], features[name]);
      }
    }
    this.ranges.set(kind, range);
    return range;
  }
}

const featureNames = [
  'part',
  'denseMillionMacs',
  'depthwiseMillionMacs',
  'megabytesMoved',
  'parameterMegabytes',
] as const satisfies (keyof PhysicalFeatures)[];
