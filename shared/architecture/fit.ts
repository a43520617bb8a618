/** @file Whether the parts of an architecture fit one another. */
import type { Architecture } from '../contract/architecture.ts';
import { hiddenWidth } from './layers.ts';
import { resolutionProblem } from './resolution.ts';

/** What is wrong, the block named from 1, or null where all blocks fit. */
export function blocksProblem({ stem, blocks }: Architecture): string | null {
  let channels = stem.channels;
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i]!;
    if (block.in !== channels) {
      const before = i === 0 ? 'the stem' : `block ${i}`;
      return `block ${i + 1}: in must be ${channels}, what ${before} puts out, not ${block.in}`;
    }
    if (block.shortcut && block.stride !== 1) return `block ${i + 1}: shortcut needs stride 1, not ${block.stride}`;
    if (block.shortcut && block.in !== block.out) {
      return `block ${i + 1}: shortcut needs equal widths, not in ${block.in} and out ${block.out}`;
    }
    if (hiddenWidth(block) < 1) return `block ${i + 1}: expansion ${block.expansion} leaves no hidden channel`;
    channels = block.out;
  }
  return null;
}

/** Why the resolution does not fit the strides, with the nearest that do, or null where it fits. */
export function resolutionFitProblem({ resolution, stem, blocks }: Architecture): string | null {
  let totalStride: number = stem.stride;
  for (let i = 0; i < blocks.length; i++) totalStride *= blocks[i]!.stride;
  return resolutionProblem(resolution, totalStride);
}
