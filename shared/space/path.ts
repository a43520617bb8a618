/** @file Paths through a supernet plan, and what a path becomes: an architecture. */
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import type { Candidate } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { ChoiceBlock, Path, SupernetPlan } from './plan.ts';

/** `mbconv-k5-e6` or `zero`. */
export function candidateLabel(candidate: Candidate): string {
  return candidate.op === 'zero' ? 'zero' : `mbconv-k${candidate.kernel}-e${candidate.expansion}`;
}

/** The block a candidate makes of a choice block, or null for `zero`: the block is then the identity. */
export function blockOf(choiceBlock: ChoiceBlock, candidate: Candidate): MbconvBlock | null {
  if (candidate.op === 'zero') return null;
  const { stride, in: inChannels, out, shortcut } = choiceBlock;
  const { kernel, expansion } = candidate;
  return { op: 'mbconv', kernel, expansion, stride, in: inChannels, out, shortcut };
}

/**
 * The architecture of one path; blocks whose candidate is `zero` are left out.
 * @throws FastpathError `path.invalid` where the path does not name one candidate for each choice block
 */
export function pathToArchitecture(plan: SupernetPlan, path: Path): Architecture {
  if (path.length !== plan.blocks.length) {
    throw new FastpathError('path.invalid', `a path needs ${plan.blocks.length} choices, not ${path.length}`);
  }
  const chosen = plan.blocks.map((choiceBlock, i) => {
    const candidate = choiceBlock.candidates[path[i]!];
    if (candidate === undefined) {
      const last = choiceBlock.candidates.length - 1;
      throw new FastpathError('path.invalid', `${blockName(choiceBlock)} has candidates 0 to ${last}, not ${path[i]}`);
    }
    return blockOf(choiceBlock, candidate);
  });
  return {
    format: 'fastpath.architecture/1',
    space: plan.space,
    resolution: plan.resolution,
    classes: plan.classes,
    stem: plan.stem,
    blocks: [plan.first, ...chosen.filter((block) => block !== null)],
    head: plan.head,
  };
}

/** A path with each choice uniform and independent. */
export function uniformPath(plan: SupernetPlan, random: Random): number[] {
  return plan.blocks.map(({ candidates }) => random.below(candidates.length));
}

/** How many paths the plan has. Paths that differ only in which equal blocks are `zero` count apart. */
export function spaceSize(plan: SupernetPlan): bigint {
  return plan.blocks.reduce((product, { candidates }) => product * BigInt(candidates.length), 1n);
}

/** A choice block's name for people: `stage 2 block 1`. */
export function blockName({ stage, position }: ChoiceBlock): string {
  return `stage ${stage + 1} block ${position + 1}`;
}
