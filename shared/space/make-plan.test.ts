import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyPlan } from './arbitrary.ts';
import { findSpace } from './built-in.ts';
import { planSupernet } from './make-plan.ts';

const mobile = findSpace('mobile-inverted-residual');

describe('planSupernet', () => {
  const plan = planSupernet(mobile, { resolution: 224, classes: 1000 });

  it('lays out the published space', () => {
    expect(plan.stem).toEqual({ kernel: 3, stride: 2, channels: 32 });
    expect(plan.first).toEqual({
      op: 'mbconv',
      kernel: 3,
      expansion: 1,
      stride: 1,
      in: 32,
      out: 16,
      shortcut: false,
    });
    const shapes = plan.blocks.map(({ in: from, out, stride, inputSize }) => [from, out, stride, inputSize]);
    const stage = (from: number, width: number, stride: number, inputSize: number) => [
      [from, width, stride, inputSize],
      ...Array.from({ length: 3 }, () => [width, width, 1, inputSize / stride]),
    ];
    expect(shapes).toEqual([
      ...stage(16, 24, 2, 112),
      ...stage(24, 40, 2, 56),
      ...stage(40, 80, 2, 28),
      ...stage(80, 96, 1, 14),
      ...stage(96, 192, 2, 14),
      [192, 320, 1, 7],
    ]);
  });

  it('has seven candidates in the 15 blocks with a shortcut and six in the other 6', () => {
    expect(plan.blocks.filter((block) => block.shortcut && block.candidates.length === 7)).toHaveLength(15);
    expect(plan.blocks.filter((block) => !block.shortcut && block.candidates.length === 6)).toHaveLength(6);
  });

  it('keeps zero exactly where stride is 1 and widths are equal', () => {
    fc.assert(
      fc.property(anyPlan, ({ blocks }) => {
        for (const block of blocks) {
          expect(block.shortcut).toBe(block.stride === 1 && block.in === block.out);
          if (!block.shortcut) expect(block.candidates).not.toContainEqual({ op: 'zero' });
        }
      }),
    );
  });

  it('takes the candidates of a stage that has its own', () => {
    const own = [{ op: 'mbconv' as const, kernel: 3 as const, expansion: 4 }];
    const stages = mobile.stages.map((stage, i) => (i === 2 ? { ...stage, candidates: own } : stage));
    const { blocks } = planSupernet({ ...mobile, stages }, { resolution: 96, classes: 2 });
    for (const block of blocks) expect(block.candidates.length).toBe(block.stage === 2 ? 1 : block.shortcut ? 7 : 6);
  });

  it('scales the widths', () => {
    const { stem, first, blocks, head } = planSupernet(mobile, { resolution: 224, classes: 2, widthMultiplier: 1.4 });
    expect([stem.channels, first.in, first.out, blocks[0]!.in, blocks[0]!.out]).toEqual([48, 48, 24, 24, 32]);
    expect(head.channels).toBe(1792);
  });

  it.each([
    [100, 'space mobile-inverted-residual: resolution 100 is not a multiple of the total stride 32: use 96 or 128'],
    [16, 'space mobile-inverted-residual: resolution 16 is not a multiple of the total stride 32: use 32'],
    [0, 'space mobile-inverted-residual: resolution 0 is not a multiple of the total stride 32: use 32'],
    [Number.NaN, 'space mobile-inverted-residual: resolution NaN is not a multiple of the total stride 32: use 32'],
  ])('refuses resolution %f and says which fit', (resolution, message) => {
    expect(() => planSupernet(mobile, { resolution, classes: 10 })).toThrow(
      expect.objectContaining({ code: 'space.resolution', message }),
    );
  });

  it.each([1, 2.5])('refuses %f classes', (classes) => {
    expect(() => planSupernet(mobile, { resolution: 224, classes })).toThrow(/two classes or more/);
  });
});
