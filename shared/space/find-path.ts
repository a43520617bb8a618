/** @file Which path of a plan an architecture is. */
import { canonicalJson } from '../architecture/identity.ts';
import type { Architecture, MbconvBlock } from '../contract/architecture.ts';
import { blockOf, pathToArchitecture } from './path.ts';
import type { SupernetPlan } from './plan.ts';

/**
 * A path of `plan` that is the same network as `architecture`, or null where it has none. Where equal blocks may be
 * `zero` in several places the last ones are.
 */
export function findPath(plan: SupernetPlan, architecture: Architecture): number[] | null {
  const [, ...blocks] = architecture.blocks;
  let next = 0;
  const path: number[] = [];
  for (const choiceBlock of plan.blocks) {
    const made = choiceBlock.candidates.map((candidate) => blockOf(choiceBlock, candidate));
    const chosen = made.findIndex((block) => block !== null && isSame(block, blocks[next]));
    if (chosen >= 0) next++;
    path.push(chosen >= 0 ? chosen : made.indexOf(null));
  }
  if (path.includes(-1)) return null;
  return canonicalJson(pathToArchitecture(plan, path)) === canonicalJson(architecture) ? path : null;
}

function isSame(a: MbconvBlock, b: MbconvBlock | undefined): boolean {
  const { kernel, expansion, stride, in: inChannels, out, shortcut } = a;
  return (
    b !== undefined &&
    kernel === b.kernel &&
    expansion === b.expansion &&
    stride === b.stride &&
    inChannels === b.in &&
    out === b.out &&
    shortcut === b.shortcut
  );
}
