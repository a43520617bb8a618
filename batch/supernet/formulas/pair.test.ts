/** @file The pair estimator against finite differences, enumeration and hand-worked examples. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FastpathError } from '../../../shared/errors.ts';
import { Random } from '../../../shared/random.ts';
import { pairLogitGradient, rescalePair, samplePair } from './pair.ts';
import { softmax } from './probabilities.ts';

const number = (range: number) => fc.double({ min: -range, max: range, noNaN: true });

describe('gradient on the two logits', () => {
  test('hand-worked: three candidates with exp(α) = 1, 2, 3, the first and the last sampled', () => {
    // The pair's softmax is 1/4, 3/4. By the definition with g = (0.8, −0.4):
    // d_0 = 0.8 · 1/4 · (1 − 1/4) + (−0.4) · 3/4 · (−1/4) = 0.15 + 0.075 = 0.225
    // d_1 = 0.8 · 1/4 · (−3/4) + (−0.4) · 3/4 · (1 − 3/4) = −0.15 − 0.075 = −0.225
    const [first, last] = pairLogitGradient([0.8, -0.4], [1 / 4, 3 / 4]);
    expect(first).toBeCloseTo(0.225, 14);
    expect(last).toBeCloseTo(-0.225, 14);
  });

  test('is the derivative of Σ g_k p_k by each logit (central differences)', () => {
    fc.assert(
      fc.property(number(4), number(4), number(10), number(10), (a, b, g0, g1) => {
        const loss = (x: number, y: number) => {
          const p = softmax([x, y]);
          return g0 * p[0]! + g1 * p[1]!;
        };
        const h = 1e-5;
        const p = softmax([a, b]);
        const [d0, d1] = pairLogitGradient([g0, g1], [p[0]!, p[1]!]);
        expect(d0).toBeCloseTo((loss(a + h, b) - loss(a - h, b)) / (2 * h), 7);
        expect(d1).toBeCloseTo((loss(a, b + h) - loss(a, b - h)) / (2 * h), 7);
      }),
    );
  });

  test('`zero` with its gate gradient of 0 still moves both logits, towards it where the other one hurts', () => {
    // g = (0, 0.6), p = (1/3, 2/3): d_0 = 2/9 · (0 − 0.6) = −2/15; descent raises α of `zero`.
    const [zero, other] = pairLogitGradient([0, 0.6], [1 / 3, 2 / 3]);
    expect(zero).toBeCloseTo(-2 / 15, 14);
    expect(other).toBeCloseTo(2 / 15, 14);
  });

  test('the shortcut counted into both outputs, `zero` included, gives the same gradient as left out', () => {
    const random = Random.named(3, 'outputs');
    const draw = () => Array.from({ length: 50 }, () => random.normal());
    const [shortcut, output, byOutput] = [draw(), draw(), draw()];
    const gate = (values: number[]) => values.reduce((sum, o, i) => sum + o * byOutput[i]!, 0);
    const without: [number, number] = [gate(output.map(() => 0)), gate(output)];
    const within: [number, number] = [gate(shortcut), gate(output.map((o, i) => o + shortcut[i]!))];
    expect(without[0]).toBe(0);
    expect(within[0]).not.toBeCloseTo(0, 1);
    const p: [number, number] = [0.3, 0.7];
    const [a, b] = [pairLogitGradient(without, p), pairLogitGradient(within, p)];
    expect(Math.abs(a[0])).toBeGreaterThan(0.1);
    expect(b[0]).toBeCloseTo(a[0], 12);
    expect(b[1]).toBeCloseTo(a[1], 12);
  });
});

describe('sampling', () => {
  /** [i, j, chance of drawing i then j] by the definition: p_i · p_j / (1 − p_i). */
  function orderedPairs(p: ArrayLike<number>): [number, number, number][] {
    const all: [number, number, number][] = [];
    for (let i = 0; i < p.length; i++) {
      for (let j = 0; j < p.length; j++) if (j !== i) all.push([i, j, (p[i]! * p[j]!) / (1 - p[i]!)]);
    }
    return all;
  }

  /** The estimator's mean: the pair gradient of each ordered pair, weighed with its chance. */
  function enumerated(logits: number[], gates: number[]): number[] {
    const expected = logits.map(() => 0);
    for (const [i, j, chance] of orderedPairs(softmax(logits))) {
      const p = softmax([logits[i]!, logits[j]!]);
      const d = pairLogitGradient([gates[i]!, gates[j]!], [p[0]!, p[1]!]);
      expected[i]! += chance * d[0];
      expected[j]! += chance * d[1];
    }
    return expected;
  }

  const logits = [0, Math.log(2), Math.log(3), -1];
  const gates = [0.5, -1, 0.25, 2];

  test('pairs, order and active candidate come with the chances of the definition', () => {
    const random = Random.named(11, 'pairs');
    const draws = 40_000;
    const pairs = new Map<string, number>();
    const actives = new Map<string, number>();
    for (let n = 0; n < draws; n++) {
      const { pair, active } = samplePair(logits, random);
      const key = pair.join();
      pairs.set(key, (pairs.get(key) ?? 0) + 1);
      if (active === 0) actives.set(key, (actives.get(key) ?? 0) + 1);
    }
    for (const [i, j, chance] of orderedPairs(softmax(logits))) {
      const key = `${i},${j}`;
      const seen = pairs.get(key) ?? 0;
      expect(Math.abs(seen / draws - chance), key).toBeLessThan(5 * Math.sqrt((chance * (1 - chance)) / draws));
      const first = softmax([logits[i]!, logits[j]!])[0]!;
      const share = (actives.get(key) ?? 0) / seen;
      expect(Math.abs(share - first), key).toBeLessThan(5 * Math.sqrt((first * (1 - first)) / seen));
    }
  });

  test('the mean of sampled gradients is the enumerated one', () => {
    const random = Random.named(12, 'pairs');
    const draws = 40_000;
    const mean = logits.map(() => 0);
    for (let n = 0; n < draws; n++) {
      const { pair, p } = samplePair(logits, random);
      const d = pairLogitGradient([gates[pair[0]]!, gates[pair[1]]!], [p[0], p[1]]);
      mean[pair[0]]! += d[0] / draws;
      mean[pair[1]]! += d[1] / draws;
    }
    // One draw's entry is at most 3/4 in size, so that five standard errors are under 0.019.
    for (const [i, expected] of enumerated(logits, gates).entries())
      expect(Math.abs(mean[i]! - expected)).toBeLessThan(0.019);
  });

  test('at equal logits the estimator is n / (2(n − 1)) of the full softmax gradient: its direction, about half of it', () => {
    // Each unordered pair has chance 2/(n(n−1)) and p_i p_j = 1/4, so that entry i is
    // Σ_j 2/(n(n−1)) · 1/4 · (g_i − g_j) = (g_i − mean g) / (2(n−1)); the full gradient's is (g_i − mean g) / n.
    fc.assert(
      fc.property(fc.array(number(10), { minLength: 2, maxLength: 7 }), (g) => {
        const n = g.length;
        const mean = g.reduce((sum, x) => sum + x, 0) / n;
        const pairwise = enumerated(
          g.map(() => 0.7),
          g,
        );
        for (const [i, d] of pairwise.entries()) expect(d).toBeCloseTo(((g[i]! - mean) / n) * (n / (2 * (n - 1))), 10);
      }),
    );
  });

  test('a candidate whose rivals have all but vanished still gets a partner, the likelier rival more often', () => {
    const random = Random.named(13, 'pairs');
    let likelier = 0;
    for (let n = 0; n < 1000; n++) {
      const { pair, p } = samplePair([0, -900, -901], random);
      expect(pair[0]).toBe(0);
      expect(p).toEqual([1, 0]);
      if (pair[1] === 1) likelier++;
    }
    // 1/(1 + 1/e) = 0.731
    expect(Math.abs(likelier / 1000 - 0.731)).toBeLessThan(0.07);
  });

  test('the same random state gives the same pair; one candidate is refused', () => {
    expect(samplePair(logits, Random.named(2, 'a'))).toEqual(samplePair(logits, Random.named(2, 'a')));
    expect(() => samplePair([0], Random.named(2, 'a'))).toThrow(FastpathError);
  });
});

describe('rescaling after the step', () => {
  test('hand-worked: exp(α) of the pair goes 1, 3 → 2, 6, and comes back to a sum of 4', () => {
    const after = Float64Array.of(Math.log(2), Math.log(5), Math.log(6));
    rescalePair([0, Math.log(5), Math.log(3)], after, [0, 2]);
    // 2 + 6 is twice 1 + 3, so that both are halved: 1, 3; the third stays 5.
    expect(Math.exp(after[0]!)).toBeCloseTo(1, 12);
    expect(Math.exp(after[1]!)).toBeCloseTo(5, 12);
    expect(Math.exp(after[2]!)).toBeCloseTo(3, 12);
  });

  test('keeps the odds within the pair that the step gave it, and every other probability', () => {
    fc.assert(
      fc.property(fc.array(number(5), { minLength: 3, maxLength: 7 }), number(1), number(1), (before, a, b) => {
        const after = Float64Array.from(before);
        after[0]! += a;
        after[2]! += b;
        const odds = after[0]! - after[2]!;
        rescalePair(before, after, [0, 2]);
        expect(after[0]! - after[2]!).toBeCloseTo(odds, 12);
        const [p, q] = [softmax(before), softmax(after)];
        for (let i = 0; i < p.length; i++) if (i !== 0 && i !== 2) expect(Math.abs(q[i]! - p[i]!)).toBeLessThan(1e-12);
      }),
    );
  });
});
