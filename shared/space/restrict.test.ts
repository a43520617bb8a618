import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describe as describeArchitecture } from '../architecture/describe.ts';
import { FastpathError } from '../errors.ts';
import { Random } from '../random.ts';
import { anyPlan } from './arbitrary.ts';
import { findSpace } from './built-in.ts';
import { planSupernet } from './make-plan.ts';
import { candidateLabel, pathToArchitecture, uniformPath } from './path.ts';
import { excludeCandidates } from './restrict.ts';

const mobile = planSupernet(findSpace('mobile-inverted-residual'), { resolution: 224, classes: 1000 });

const labels = (plan: typeof mobile, block: number) => plan.blocks[block]!.candidates.map(candidateLabel);

describe('excludeCandidates by operator', () => {
  it('takes out kernels, expansions, single candidates and zero', () => {
    expect(labels(excludeCandidates(mobile, { ops: ['k7', 'e6'] }), 1)).toEqual([
      'mbconv-k3-e3',
      'mbconv-k5-e3',
      'zero',
    ]);
    expect(labels(excludeCandidates(mobile, { ops: ['mbconv-k3-e3', 'zero'] }), 1)).toEqual([
      'mbconv-k3-e6',
      'mbconv-k5-e3',
      'mbconv-k5-e6',
      'mbconv-k7-e3',
      'mbconv-k7-e6',
    ]);
  });

  it('changes nothing where nothing is excluded', () => {
    expect(excludeCandidates(mobile, {})).toEqual(mobile);
  });

  it('lists the labels there are where one is unknown', () => {
    expect(() => excludeCandidates(mobile, { ops: ['k9'] })).toThrow(
      'space mobile-inverted-residual has no k9 to exclude; it has e3, e6, k3, k5, k7, mbconv-k3-e3, mbconv-k3-e6, ' +
        'mbconv-k5-e3, mbconv-k5-e6, mbconv-k7-e3, mbconv-k7-e6, zero',
    );
  });

  it('names the block that would lose all of its candidates', () => {
    expect(() => excludeCandidates(mobile, { ops: ['e3', 'e6'] })).toThrow(
      expect.objectContaining({
        code: 'space.no-candidates',
        message: 'stage 1 block 1 has no candidate left without e3, e6: exclude less',
      }),
    );
  });
});

describe('excludeCandidates by peak activation memory', () => {
  // Stage 1 block 1 (16→24, 112×112 in, stride 2), in channels of 112×112: e3 expands 16→48 = 64 channels, then
  // 48 + 48/4 = 60; e6 expands 16→96 = 112, then 96 + 96/4 = 120.
  const channel = 4 * 112 * 112;

  it('keeps a candidate exactly at the cap and drops it one byte under', () => {
    expect(labels(excludeCandidates(mobile, { maxPeakActivationBytes: 120 * channel }), 0)).toHaveLength(6);
    expect(labels(excludeCandidates(mobile, { maxPeakActivationBytes: 120 * channel - 1 }), 0)).toEqual([
      'mbconv-k3-e3',
      'mbconv-k5-e3',
      'mbconv-k7-e3',
    ]);
  });

  it('says what a block needs at least', () => {
    const cap = 120 * channel - 1;
    expect(() => excludeCandidates(mobile, { ops: ['e3'], maxPeakActivationBytes: cap })).toThrow(
      `stage 1 block 1 has no candidate within ${cap} bytes of peak activation memory: allow at least ${120 * channel}`,
    );
  });

  it('refuses a cap that the fixed parts exceed, and one that is no positive number', () => {
    // The first block's depthwise holds 32 channels in and 32 out.
    expect(() => excludeCandidates(mobile, { maxPeakActivationBytes: 64 * channel - 1 })).toThrow(
      `stem, first block and head alone need ${64 * channel} bytes`,
    );
    for (const cap of [0, -5, Number.NaN]) {
      expect(() => excludeCandidates(mobile, { maxPeakActivationBytes: cap })).toThrow(/must be a number over 0/);
    }
  });

  it('is exact: a path is left if and only if its architecture keeps to the cap', () => {
    fc.assert(
      fc.property(anyPlan, fc.nat(), fc.double({ min: 0.3, max: 1.1, noNaN: true }), (plan, seed, share) => {
        const random = Random.named(seed, 'restrict');
        const paths = Array.from({ length: 8 }, () => uniformPath(plan, random));
        const peaks = paths.map((path) => describeArchitecture(pathToArchitecture(plan, path)).peakActivationBytes);
        const cap = Math.max(...peaks) * share;
        let left: typeof plan;
        try {
          left = excludeCandidates(plan, { maxPeakActivationBytes: cap });
        } catch (error) {
          expect(error).toBeInstanceOf(FastpathError);
          for (const peak of peaks) expect(peak).toBeGreaterThan(cap);
          return;
        }
        for (const [n, path] of paths.entries()) {
          const kept = path.every((choice, i) => {
            const candidate = plan.blocks[i]!.candidates[choice]!;
            return left.blocks[i]!.candidates.includes(candidate);
          });
          expect(kept).toBe(peaks[n]! <= cap);
        }
        for (let n = 0; n < 8; n++) {
          const architecture = pathToArchitecture(left, uniformPath(left, random));
          expect(describeArchitecture(architecture).peakActivationBytes).toBeLessThanOrEqual(cap);
        }
      }),
    );
  });
});
