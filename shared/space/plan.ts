/**
 * @file A search space made concrete for one resolution, class count and width: the list of choice blocks that the
 * supernet, the latency table and the pruning all index by.
 */
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import type { Candidate } from '../contract/space.ts';

export interface ChoiceBlock {
  /** index of the stage and of the block in it, from 0 */
  stage: number;
  position: number;
  in: number;
  out: number;
  stride: 1 | 2;
  /** identity shortcut: exactly where stride is 1 and in equals out; there `zero` makes the block the identity */
  shortcut: boolean;
  /** input side in pixels */
  inputSize: number;
  candidates: readonly Candidate[];
}

export interface SupernetPlan {
  space: string;
  resolution: number;
  classes: number;
  stem: Architecture['stem'];
  /** the fixed block behind the stem */
  first: MbconvBlock;
  blocks: readonly ChoiceBlock[];
  head: Architecture['head'];
}

/** One candidate index per choice block. */
export type Path = readonly number[];

/** One number per candidate of each choice block: logits, probabilities, gradients or costs. */
export type PerCandidate = readonly ArrayLike<number>[];
