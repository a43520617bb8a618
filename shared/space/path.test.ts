import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArchitecture } from '../architecture/parse.ts';
import { Random } from '../random.ts';
import { anyPlanAndPath } from './arbitrary.ts';
import { findSpace } from './built-in.ts';
import { planSupernet } from './make-plan.ts';
import { blockOf, candidateLabel, pathToArchitecture, spaceSize, uniformPath } from './path.ts';

const mobile = planSupernet(findSpace('mobile-inverted-residual'), { resolution: 224, classes: 1000 });
const tiny = planSupernet(findSpace('tiny'), { resolution: 32, classes: 4 });

describe('paths', () => {
  it('labels candidates', () => {
    expect(candidateLabel({ op: 'mbconv', kernel: 5, expansion: 6 })).toBe('mbconv-k5-e6');
    expect(candidateLabel({ op: 'mbconv', kernel: 3, expansion: 2.5 })).toBe('mbconv-k3-e2.5');
    expect(candidateLabel({ op: 'zero' })).toBe('zero');
  });

  it('counts 6^6 · 7^15 architectures in the published space', () => {
    expect(spaceSize(mobile)).toBe(221_502_229_807_900_608n);
  });

  it('makes a block of a candidate, and none of zero', () => {
    const choiceBlock = tiny.blocks[1]!;
    const expected = { op: 'mbconv', kernel: 5, expansion: 6, stride: 1, in: 16, out: 16, shortcut: true };
    expect(blockOf(choiceBlock, { op: 'mbconv', kernel: 5, expansion: 6 })).toEqual(expected);
    expect(blockOf(choiceBlock, { op: 'zero' })).toBeNull();
  });

  it('leaves zero blocks out of the architecture', () => {
    const path = tiny.blocks.map(({ candidates }) => candidates.length - 1);
    const { blocks } = pathToArchitecture(tiny, path);
    // The first block and the first block of each stage are all that is left where every other block is zero.
    expect(blocks.map(({ in: from, out, kernel }) => [from, out, kernel])).toEqual([
      [16, 8, 3],
      [8, 16, 7],
      [16, 24, 7],
      [24, 40, 7],
    ]);
  });

  it('gives an architecture that parses, for every path of any plan', () => {
    fc.assert(
      fc.property(anyPlanAndPath, ({ plan, path }) => {
        const architecture = pathToArchitecture(plan, path);
        expect(parseArchitecture(JSON.parse(JSON.stringify(architecture)))).toEqual(architecture);
        const zeros = path.filter((choice, i) => plan.blocks[i]!.candidates[choice]!.op === 'zero').length;
        expect(architecture.blocks).toHaveLength(1 + plan.blocks.length - zeros);
      }),
    );
  });

  it('refuses a path that is too short or names no candidate', () => {
    expect(() => pathToArchitecture(tiny, [0, 1])).toThrow('a path needs 8 choices, not 2');
    expect(() => pathToArchitecture(tiny, [0, 7, 0, 0, 0, 0, 0, 0])).toThrow(
      'stage 1 block 2 has candidates 0 to 6, not 7',
    );
  });

  it('draws each candidate equally often, and the same with the same seed', () => {
    const random = Random.named(7, 'uniform');
    const counts = tiny.blocks.map(({ candidates }) => candidates.map(() => 0));
    const draws = 7000;
    for (let n = 0; n < draws; n++) {
      for (const [i, choice] of uniformPath(tiny, random).entries()) counts[i]![choice]!++;
    }
    for (const block of counts) {
      const mean = draws / block.length;
      // Five standard deviations of a binomial count.
      for (const count of block) expect(Math.abs(count - mean)).toBeLessThan(5 * Math.sqrt(mean));
    }
    expect(uniformPath(tiny, Random.named(3, 'path'))).toEqual(uniformPath(tiny, Random.named(3, 'path')));
  });
});
