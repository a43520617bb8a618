/** @file Takes candidates out of a plan: operators a device lacks, and blocks that do not fit its memory. */
import type { Candidate } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';
import { candidateCost, fixedPart } from './cost.ts';
import { blockName, candidateLabel } from './path.ts';
import type { ChoiceBlock, SupernetPlan } from './plan.ts';

export interface Exclusions {
  /** labels of what to leave out: `k7`, `e6`, `mbconv-k7-e6`, `zero` */
  ops?: string[];
  /** peak activation memory that no architecture may exceed (one image, float32; see `costOf`) */
  maxPeakActivationBytes?: number;
}

/**
 * The plan without the excluded candidates. The memory cap is exact: a network's peak is the maximum over its parts,
 * so that every path left keeps to it and no path that keeps to it is lost.
 * @throws FastpathError `space.unknown-op` (lists the labels there are), `space.no-candidates` (names the block that
 * would lose all of its candidates), `space.memory-cap` (the cap is no positive number, or stem, first block or head
 * alone exceed it)
 */
export function excludeCandidates(plan: SupernetPlan, exclusions: Exclusions): SupernetPlan {
  const { ops = [], maxPeakActivationBytes = Number.POSITIVE_INFINITY } = exclusions;
  checkOps(plan, ops);
  checkCap(plan, maxPeakActivationBytes);
  const blocks = plan.blocks.map((block) => {
    const allowed = block.candidates.filter((candidate) => !labelsOf(candidate).some((label) => ops.includes(label)));
    if (allowed.length === 0) {
      throw new FastpathError(
        'space.no-candidates',
        `${blockName(block)} has no candidate left without ${ops.join(', ')}: exclude less`,
      );
    }
    const candidates = allowed.filter((candidate) => peak(block, candidate) <= maxPeakActivationBytes);
    if (candidates.length === 0) {
      const least = Math.min(...allowed.map((candidate) => peak(block, candidate)));
      throw new FastpathError(
        'space.no-candidates',
        `${blockName(block)} has no candidate within ${maxPeakActivationBytes} bytes of peak activation memory: allow at least ${least}, or lower the resolution`,
      );
    }
    return { ...block, candidates };
  });
  return { ...plan, blocks };
}

function peak(block: ChoiceBlock, candidate: Candidate): number {
  return candidateCost(block, candidate).peakActivationBytes;
}

function labelsOf(candidate: Candidate): string[] {
  const label = candidateLabel(candidate);
  return candidate.op === 'zero' ? [label] : [`k${candidate.kernel}`, `e${candidate.expansion}`, label];
}

function checkOps(plan: SupernetPlan, ops: readonly string[]): void {
  const valid = new Set(plan.blocks.flatMap(({ candidates }) => candidates.flatMap(labelsOf)));
  const unknown = ops.find((op) => !valid.has(op));
  if (unknown !== undefined) {
    const listed = [...valid].sort().join(', ');
    throw new FastpathError('space.unknown-op', `space ${plan.space} has no ${unknown} to exclude; it has ${listed}`);
  }
}

function checkCap(plan: SupernetPlan, cap: number): void {
  if (!(cap > 0)) {
    throw new FastpathError('space.memory-cap', `the peak activation memory must be a number over 0, not ${cap}`);
  }
  const fixed = fixedPart(plan).peakActivationBytes;
  if (fixed > cap) {
    throw new FastpathError(
      'space.memory-cap',
      `stem, first block and head alone need ${fixed} bytes of peak activation memory, over the ${cap} allowed: allow more, or lower the resolution`,
    );
  }
}
