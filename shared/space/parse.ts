/** @file Reads a search space from JSON. */
import { firstProblem } from '../contract/problem.ts';
import { type Candidate, type SearchSpace, spaceSchema } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';
import { candidateLabel } from './path.ts';

/**
 * The search space in `json`.
 * @throws FastpathError `space.invalid`: one line that names the stage (from 1) and the field of the first problem
 */
export function parseSpace(json: unknown): SearchSpace {
  const parsed = spaceSchema.safeParse(json);
  if (!parsed.success) throw invalid(firstProblem('search space', parsed.error, json));
  const space = parsed.data;
  checkCandidates(space.candidates, space.first.channels, 'search space');
  let channels = space.first.channels;
  for (const [i, stage] of space.stages.entries()) {
    const narrowest = stage.depth > 1 ? Math.min(channels, stage.width) : channels;
    checkCandidates(stage.candidates ?? space.candidates, narrowest, `search space: stage ${i + 1}`);
    channels = stage.width;
  }
  return space;
}

/** Each candidate once, at least one that computes something, and none without a hidden channel. */
function checkCandidates(candidates: readonly Candidate[], channels: number, owner: string): void {
  const seen = new Set<string>();
  for (const [i, candidate] of candidates.entries()) {
    const label = candidateLabel(candidate);
    const place = `${owner}: candidate ${i + 1}`;
    if (seen.has(label)) throw invalid(`${place} repeats ${label}`);
    seen.add(label);
    if (candidate.op === 'mbconv' && Math.round(channels * candidate.expansion) < 1) {
      throw invalid(`${place}: expansion ${candidate.expansion} of ${channels} channels leaves no hidden channel`);
    }
  }
  if (!candidates.some(({ op }) => op === 'mbconv'))
    throw invalid(`${owner}: candidates must hold at least one mbconv`);
}

function invalid(message: string): FastpathError {
  return new FastpathError('space.invalid', message);
}
