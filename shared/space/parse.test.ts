import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FastpathError } from '../errors.ts';
import { anySpace } from './arbitrary.ts';
import { findSpace } from './built-in.ts';
import { parseSpace } from './parse.ts';

const space = findSpace('tiny');

/** The tiny space with one stage (from 1) changed. */
function withStage(number: number, change: object): object {
  const stages = space.stages.map((stage, i) => (i === number - 1 ? { ...stage, ...change } : stage));
  return { ...space, stages };
}

function problemOf(json: unknown): string {
  try {
    parseSpace(json);
  } catch (error) {
    expect(error).toBeInstanceOf(FastpathError);
    expect((error as FastpathError).code).toBe('space.invalid');
    return (error as FastpathError).message;
  }
  return 'accepted';
}

describe('parseSpace', () => {
  it('takes back any valid space as it is', () => {
    fc.assert(
      fc.property(anySpace, (any) => {
        expect(parseSpace(JSON.parse(JSON.stringify(any)))).toEqual(any);
      }),
    );
  });

  it.each([
    [withStage(2, { width: 'wide' }), 'stage 2: width must be a number, not "wide"'],
    [withStage(2, { width: 1.5 }), 'stage 2: width must be a whole number, not 1.5'],
    [withStage(1, { width: -8 }), 'stage 1: width must be more than 0, not -8'],
    [withStage(3, { stride: 3 }), 'stage 3: stride must be 1 or 2, not 3'],
    [withStage(3, { depth: undefined }), 'stage 3: depth is missing'],
    [withStage(1, { dephts: 2 }), 'stage 1: dephts is not a known field'],
    [withStage(2, { candidates: [{ op: 'zero' }] }), 'stage 2: candidates must hold at least one mbconv'],
    [
      withStage(2, { candidates: [{ op: 'mbconv', kernel: 9, expansion: 3 }] }),
      'stage 2: candidate 1: kernel must be 3, 5 or 7, not 9',
    ],
    [
      withStage(2, { candidates: [{ op: 'mbconv', kernel: 3, expansion: 0.01 }] }),
      'stage 2: candidate 1: expansion 0.01 of 16 channels leaves no hidden channel',
    ],
    [
      { ...space, candidates: [...space.candidates, { op: 'skip' }] },
      'candidate 8: op must be mbconv or zero, not "skip"',
    ],
    [{ ...space, candidates: [...space.candidates, { op: 'zero' }] }, 'candidate 8 repeats zero'],
    [{ ...space, stages: [] }, 'stages must hold at least 1, not []'],
    [{ ...space, stem: { ...space.stem, stride: 4 } }, 'stem.stride must be 1 or 2, not 4'],
    [{ ...space, name: 'My space' }, 'name must match /^[a-z0-9][a-z0-9-]*$/, not "My space"'],
    [{ ...space, format: 'fastpath.space/2' }, 'format must be fastpath.space/1, not "fastpath.space/2"'],
  ])('names stage and field (%#)', (json, problem) => {
    expect(problemOf(json)).toBe(`search space: ${problem}`);
  });

  it('says so where the whole thing is no object', () => {
    expect(problemOf(null)).toBe('search space must be an object, not null');
    expect(problemOf([1, 2])).toBe('search space must be an object, not [1,2]');
    expect(problemOf(undefined)).toBe('search space is missing');
  });

  it('shows only the beginning of a long value', () => {
    expect(problemOf(withStage(1, { width: 'x'.repeat(500) })).length).toBeLessThan(120);
  });
});
