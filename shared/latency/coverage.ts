/** @file Which built-in spaces the entries of a latency table cover, and what is missing. */
import type { LatencyTable } from '../contract/latency.ts';
import type { SearchSpace } from '../contract/space.ts';
import { FastpathError } from '../errors.ts';
import { builtInSpaces } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { blockOf } from '../space/path.ts';
import { fixedParts } from './part.ts';
import { blockSignature, parseSignature, signatureOf } from './signature.ts';

export interface SpaceCoverage {
  space: string;
  resolution: number;
  /** different parts that its paths may have, the classifier once, whatever its classes */
  parts: number;
  /** those that have no entry: signatures, the classifier as `classifier-i1280` */
  missing: string[];
}

/** Of a table or a model, by signature. */
type Entries = Readonly<Record<string, unknown>>;

/** For each built-in space and each resolution that the entries have any of its parts for. */
export function spaceCoverage(entries: Entries): SpaceCoverage[] {
  const known = new Set(Object.keys(entries));
  for (const signature of Object.keys(entries)) {
    const part = parseSignature(signature);
    if (part.kind === 'classifier') known.add(`classifier-i${part.in}`);
  }
  return Object.values(builtInSpaces).flatMap((space) =>
    resolutions(space, entries).flatMap((resolution) => {
      const parts = partsAt(space, resolution);
      if (parts === null) return [];
      const missing = parts.filter((signature) => !known.has(signature));
      return missing.length === parts.length ? [] : [{ space: space.name, resolution, parts: parts.length, missing }];
    }),
  );
}

/** Where every path of a built-in space is covered. */
export function wholeCoverage(entries: Entries): LatencyTable['coverage'] {
  return spaceCoverage(entries)
    .filter(({ missing }) => missing.length === 0)
    .map(({ space, resolution }) => ({ space, resolution, contextFactor: 1 }));
}

/** The space's own, and those that there is a stem for. */
function resolutions(space: SearchSpace, entries: Entries): number[] {
  const stems = Object.keys(entries)
    .map(parseSignature)
    .filter((part) => part.kind === 'stem')
    .filter((stem) => stem.channels === space.stem.channels && stem.stride === space.stem.stride);
  const sides = new Set([space.resolution, ...stems.map(({ inputSize }) => inputSize)]);
  return [...sides].sort((a, b) => a - b);
}

/** Null where the resolution does not fit the space. */
function partsAt(space: SearchSpace, resolution: number): string[] | null {
  try {
    const plan = planSupernet(space, { resolution, classes: 2 });
    const fixed = fixedParts(plan).map(({ part }) =>
      part.kind === 'classifier' ? `classifier-i${part.in}` : signatureOf(part),
    );
    const blocks = plan.blocks.flatMap((choiceBlock) =>
      choiceBlock.candidates
        .map((candidate) => blockOf(choiceBlock, candidate))
        .filter((block) => block !== null)
        .map((block) => blockSignature(block, choiceBlock.inputSize)),
    );
    return [...new Set([...fixed, ...blocks])];
  } catch (error) {
    if (error instanceof FastpathError) return null;
    throw error;
  }
}
