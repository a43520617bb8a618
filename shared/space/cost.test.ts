import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describe as describeArchitecture } from '../architecture/describe.ts';
import { anyPlanAndPath } from './arbitrary.ts';
import { findSpace } from './built-in.ts';
import { candidateCost, fixedPart } from './cost.ts';
import { planSupernet } from './make-plan.ts';
import { pathToArchitecture } from './path.ts';

describe('costs over a plan', () => {
  it('fixed part of the tiny space, by hand', () => {
    const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
    expect(fixedPart(plan)).toEqual({
      // stem 3→16 at 16×16; first: depthwise 16, project 16→8 at 16×16; head 40→128 at 4×4; classifier 128→10
      macs: 256 * 27 * 16 + 256 * 9 * 16 + 256 * 16 * 8 + 16 * 40 * 128 + 128 * 10,
      parameters: 27 * 16 + 32 + (9 * 16 + 32) + (16 * 8 + 16) + (40 * 128 + 256) + (128 * 10 + 10),
      // the first block's depthwise: 16 channels of 16×16 in and out, 4 bytes each
      peakActivationBytes: 4 * 2 * 16 * 256,
    });
    const zero = plan.blocks[1]!.candidates.findIndex(({ op }) => op === 'zero');
    expect(candidateCost(plan.blocks[1]!, plan.blocks[1]!.candidates[zero]!)).toEqual({
      macs: 0,
      parameters: 0,
      peakActivationBytes: 0,
    });
  });

  it('fixed part and candidates add up to the architecture, and the largest peak is its peak', () => {
    fc.assert(
      fc.property(anyPlanAndPath, ({ plan, path }) => {
        const parts = [
          fixedPart(plan),
          ...plan.blocks.map((block, i) => candidateCost(block, block.candidates[path[i]!]!)),
        ];
        const whole = describeArchitecture(pathToArchitecture(plan, path));
        expect(whole.macs).toBe(parts.reduce((sum, { macs }) => sum + macs, 0));
        expect(whole.parameters).toBe(parts.reduce((sum, { parameters }) => sum + parameters, 0));
        expect(whole.peakActivationBytes).toBe(Math.max(...parts.map((part) => part.peakActivationBytes)));
      }),
    );
  });
});
