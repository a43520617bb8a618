/**
 * @file Additive costs of a plan as one table: what every path pays, and what each candidate of each choice block adds.
 * The search descends on such a table and prunes under it, whatever it counts.
 */
import { FastpathError } from '../errors.ts';
import { candidateCost, fixedPart } from '../space/cost.ts';
import { blockName, blockOf, candidateLabel } from '../space/path.ts';
import type { Path, SupernetPlan } from '../space/plan.ts';
import type { LatencyModel } from './model.ts';
import { fixedParts, type NamedPart } from './part.ts';
import { signatureOf } from './signature.ts';

export interface AdditiveCost {
  /** e.g. `latency amd-epyc-zen4-ort-1t`, `macs`, `parameters` */
  name: string;
  unit: 'us' | 'multiply-adds' | 'parameters';
  /** what every path pays */
  fixed: number;
  /** [choice block][candidate]; 0 for `zero` */
  blocks: readonly (readonly number[])[];
}

/**
 * Latency in microseconds on the model's hardware. A search holds a budget, for which a guess by size is not enough.
 * @throws FastpathError `latency.unknown-block` where neither the part nor others of its space were timed
 */
export function costTable(plan: SupernetPlan, model: LatencyModel): AdditiveCost {
  return {
    name: `latency ${model.hardware.id}`,
    unit: 'us',
    fixed: fixedParts(plan).reduce((sum, part) => sum + knownUs(model, part), model.overheadUs),
    blocks: plan.blocks.map((choiceBlock) =>
      choiceBlock.candidates.map((candidate) => {
        const block = blockOf(choiceBlock, candidate);
        if (block === null) return 0;
        const name = `${blockName(choiceBlock)}, candidate ${candidateLabel(candidate)}`;
        return knownUs(model, { name, part: { kind: 'mbconv', block, inputSize: choiceBlock.inputSize } });
      }),
    ),
  };
}

function knownUs(model: LatencyModel, part: NamedPart): number {
  if (model.knows(part)) return model.partLatencyUs(part);
  throw new FastpathError(
    'latency.unknown-block',
    `no latency is known for ${part.name} (${signatureOf(part.part)}) on ${model.hardware.id}: use a space and ` +
      'resolution that were timed there, or measure this one on the device',
  );
}

/** Multiply-adds of convolutions and the classifier. */
export function macsTable(plan: SupernetPlan): AdditiveCost {
  return {
    name: 'macs',
    unit: 'multiply-adds',
    fixed: fixedPart(plan).macs,
    blocks: plan.blocks.map((block) => block.candidates.map((candidate) => candidateCost(block, candidate).macs)),
  };
}

/** Trainable numbers: weights, batch-norm scale and shift, classifier bias. */
export function parametersTable(plan: SupernetPlan): AdditiveCost {
  return {
    name: 'parameters',
    unit: 'parameters',
    fixed: fixedPart(plan).parameters,
    blocks: plan.blocks.map((block) => block.candidates.map((candidate) => candidateCost(block, candidate).parameters)),
  };
}

/** The cost of one path, in the table's unit. */
export function pathCost(cost: AdditiveCost, path: Path): number {
  return cost.blocks.reduce((sum, candidates, i) => sum + candidates[path[i]!]!, cost.fixed);
}
