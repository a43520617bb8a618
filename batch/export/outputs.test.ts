/** @file What counts as the trainer's own outputs: near in every number, the same top class, and no NaN anywhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareOutputs, requireAgreement, requireFinite } from './outputs.ts';

const logits = (...data: number[]) => new Map([['output', { shape: [2, 3], data: Float32Array.from(data) }]]);
const maps = (...data: number[]) => new Map([['stride4', { shape: [1, 2, 1, 3], data: Float32Array.from(data) }]]);
const trained = [1, 2, 3, 6, 5, 4];

function accept(expected: Parameters<typeof compareOutputs>[0], actual: typeof expected) {
  const check = { runtime: 'a runtime', images: 2, source: 'noise', ...compareOutputs(expected, actual) };
  requireFinite(check);
  requireAgreement(check);
  return check;
}

test.each([logits, maps])(
  'one number that is not finite is enough, wherever it stands and on either side',
  (outputs) => {
    const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(fc.nat({ max: 5 }), bad, (at, value) => {
        const other = trained.with(at, value);
        expect(() => accept(outputs(...trained), outputs(...other))).toThrow(
          /^the export gives outputs that are no finite numbers in a runtime: it was not kept; please report this$/,
        );
        const own = /^the trained network gives outputs that are no finite numbers: train it again/;
        expect(() => accept(outputs(...other), outputs(...trained))).toThrow(own);
        expect(() => accept(outputs(...other), outputs(...other))).toThrow(own);
      }),
    );
  },
);

test('a number that is further off than 1e-4 is refused, wherever it stands', () => {
  for (const at of trained.keys()) {
    const near = trained.with(at, trained[at]! + 5e-5);
    expect(accept(logits(...trained), logits(...near)).top1Agreement).toBe(1);
    const far = trained.with(at, trained[at]! + 2e-4);
    expect(() => accept(logits(...trained), logits(...far))).toThrow(
      /^the export differs from the trained network by 0\.000(2|19)/,
    );
  }
});

describe('the top class', () => {
  test('may be another one where the trainer has both level', () => {
    const level = [3, 3.00005, 1, ...trained.slice(3)];
    expect(accept(logits(...level), logits(3.00006, 3, 1, 6, 5, 4)).top1Agreement).toBe(1);
  });

  test('is to be the same everywhere else', () => {
    const found = compareOutputs(logits(...trained), logits(3, 2, 1, 6, 5, 4));
    expect(found.top1Agreement).toBe(0.5);
    const check = { runtime: 'a runtime', images: 2, source: 'noise', ...found, largestDifference: 0 };
    expect(() => requireAgreement(check)).toThrow(
      /^the export has another top class than the trained network for 1 of 2 images in a runtime: it was not kept/,
    );
  });
});
