/** @file Additive costs over a supernet plan: what every path pays, and what each candidate adds. */
import { type Cost, costOf } from '../architecture/describe.ts';
import { blockLayers, headLayers, stemLayers } from '../architecture/layers.ts';
import type { Candidate } from '../contract/space.ts';
import { blockOf } from './path.ts';
import type { ChoiceBlock, SupernetPlan } from './plan.ts';

/** Cost of what every path has: stem, first block, head, classifier. A path adds its candidates' costs to it. */
export function fixedPart(plan: SupernetPlan): Cost {
  const stem = stemLayers(plan.stem, plan.resolution);
  const first = blockLayers(plan.first, stem[0]!.outputSize, 'first');
  const last = plan.blocks.at(-1)!;
  const head = headLayers(plan, last.out, last.inputSize / last.stride);
  return costOf([...stem, ...first, ...head]);
}

/** Cost of one candidate in its choice block; nothing for `zero`, which runs no layer. */
export function candidateCost(choiceBlock: ChoiceBlock, candidate: Candidate): Cost {
  const block = blockOf(choiceBlock, candidate);
  return costOf(block === null ? [] : blockLayers(block, choiceBlock.inputSize, 'candidate'));
}
