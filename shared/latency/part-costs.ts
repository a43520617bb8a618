/**
 * @file What numbered parts cost on one hardware, and what networks of them take: the mean as a sum over parts, the
 * interval from the variance that `shared/contract/latency-model.ts` defines.
 */
import type { LatencyModelData } from '../contract/latency-model.ts';
import { partName } from './part.ts';

/** Says why a part's cost is weaker than a timed one, of the parts named. */
export type Doubt = (parts: string) => string;

export interface PartCost {
  latencyUs: number;
  /** standard deviation of an estimate; 0 where timings speak */
  deviationUs: number;
  factorsUs: readonly number[];
  doubt?: Doubt;
}

export class PartCosts {
  private readonly latencyUs: Float64Array;
  /** per part: deviationUs, then its factors */
  private readonly errorsUs: Float64Array;
  private readonly errorCount: number;
  private readonly sumsUs: Float64Array;
  private readonly doubts = new Map<number, Doubt>();

  /** Costs of parts 0 to `count` − 1, all to be set before anything is asked; a part outside costs NaN. */
  constructor(
    private readonly model: Pick<LatencyModelData, 'overheadUs' | 'overheadFactorsUs' | 'noise' | 'intervalDeviations'>,
    count: number,
  ) {
    this.latencyUs = new Float64Array(count);
    this.errorCount = 1 + model.overheadFactorsUs.length;
    this.errorsUs = new Float64Array(count * this.errorCount);
    this.sumsUs = new Float64Array(this.errorCount);
  }

  set(number: number, { latencyUs, deviationUs, factorsUs, doubt }: PartCost): void {
    this.latencyUs[number] = latencyUs;
    this.errorsUs[number * this.errorCount] = deviationUs;
    this.errorsUs.set(factorsUs, number * this.errorCount + 1);
    if (doubt !== undefined) this.doubts.set(number, doubt);
  }

  copy(number: number, from: PartCosts, fromNumber: number): void {
    const { errorCount } = this;
    this.latencyUs[number] = from.latencyUs[fromNumber]!;
    for (let i = 0; i < errorCount; i++) {
      this.errorsUs[number * errorCount + i] = from.errorsUs[fromNumber * errorCount + i]!;
    }
    const doubt = from.doubts.get(fromNumber);
    if (doubt !== undefined) this.doubts.set(number, doubt);
  }

  partUs(number: number): number {
    return this.latencyUs[number]!;
  }

  /**
   * The latency of the network whose part numbers stand in `numbers` from `start` to before `end`, microseconds;
   * NaN where one of them is not a number of these parts.
   */
  meanUs(numbers: Int32Array, start: number, end: number): number {
    const { latencyUs } = this;
    let sum = this.model.overheadUs;
    for (let i = start; i < end; i++) sum += latencyUs[numbers[i]!]!;
    return sum;
  }

  /**
   * How far the 90 % interval of that network reaches to each side, microseconds. Estimates of one network are taken
   * to be wrong in the same direction: what a size alone does not tell is much the same in all blocks of a kind.
   *
   * @param latencyUs the network's mean
   */
  reachUs(numbers: Int32Array, start: number, end: number, latencyUs: number): number {
    const { errorsUs, errorCount, sumsUs, model } = this;
    sumsUs[0] = 0;
    for (let j = 1; j < errorCount; j++) sumsUs[j] = model.overheadFactorsUs[j - 1]!;
    for (let i = start; i < end; i++) {
      const at = numbers[i]! * errorCount;
      for (let j = 0; j < errorCount; j++) sumsUs[j]! += errorsUs[at + j]!;
    }
    let variance = (model.noise * latencyUs) ** 2;
    for (let j = 0; j < errorCount; j++) variance += sumsUs[j]! * sumsUs[j]!;
    return model.intervalDeviations * Math.sqrt(variance);
  }

  /** What makes the prediction of that network weaker than usual, in plain words; empty when every part was timed. */
  flags(numbers: Int32Array, start: number, end: number): string[] {
    if (this.doubts.size === 0) return none;
    const places = new Map<Doubt, string[]>();
    for (let i = start; i < end; i++) {
      const doubt = this.doubts.get(numbers[i]!);
      if (doubt === undefined) continue;
      const named = places.get(doubt);
      const name = partName(i - start, end - start);
      if (named === undefined) places.set(doubt, [name]);
      else named.push(name);
    }
    return [...places].map(([doubt, names]) => doubt(listed(names)));
  }
}

const none: string[] = [];
const namedAtMost = 4;

function listed(names: readonly string[]): string {
  const more = names.length - namedAtMost;
  return more > 0 ? `${names.slice(0, namedAtMost).join(', ')} and ${more} more` : names.join(', ');
}
