/** @file What every latency model answers, however it predicts: the search, the CLI and the API know only this. */
import type { Architecture } from '../contract/architecture.ts';
import type { Hardware } from '../contract/latency.ts';
import type { NamedPart } from './part.ts';

export interface PartLatency {
  /** `stem`, `block 3`, `head`, `classifier` */
  name: string;
  signature: string;
  latencyUs: number;
}

export interface LatencyPrediction {
  /** the whole network, one call, microseconds */
  latencyUs: number;
  /** about nine in ten measurements are expected between the two */
  lowUs: number;
  highUs: number;
  /** what makes this prediction weaker than usual, in plain words; empty when nothing does */
  flags: string[];
  /** parts in running order; with `overheadUs` of the model they sum to what the blocks alone explain */
  blocks: PartLatency[];
}

export interface LatencyModel {
  readonly hardware: Hardware;
  /** cost of one call that belongs to no part, microseconds */
  readonly overheadUs: number;

  /** @throws FastpathError `latency.unknown-block` where the model knows too little about a part */
  predict(architecture: Architecture): LatencyPrediction;

  /** Whether that part was timed, or others of its space that tell of it; otherwise its size alone speaks. */
  knows(part: NamedPart): boolean;

  /**
   * What one part adds to a network's latency, microseconds: the additive view that the search descends on.
   * @throws FastpathError `latency.unknown-block`
   */
  partLatencyUs(part: NamedPart): number;
}
