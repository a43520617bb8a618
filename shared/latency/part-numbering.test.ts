/** @file Numbers stand one to one for parts, as signatures do. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyPlanAndPath } from '../space/arbitrary.ts';
import { pathToArchitecture } from '../space/path.ts';
import { type Part, partsOf } from './part.ts';
import { PartNumbering } from './part-numbering.ts';
import { signatureOf } from './signature.ts';

const networks = fc.array(
  anyPlanAndPath.map(({ plan, path }) => pathToArchitecture(plan, path)),
  { minLength: 1, maxLength: 12 },
);

describe('a numbering of parts', () => {
  it('gives equal numbers to equal signatures, in order of appearance, whatever the seed', () => {
    fc.assert(
      fc.property(networks, fc.integer(), (architectures, seed) => {
        const numbering = new PartNumbering(seed);
        const bySignature = new Map<string, number>();
        for (const architecture of architectures) {
          const expected = partsOf(architecture).map(({ part }) => {
            const signature = signatureOf(part);
            if (!bySignature.has(signature)) bySignature.set(signature, bySignature.size);
            return bySignature.get(signature)!;
          });
          const numbers = new Int32Array(expected.length + 2);
          expect(numbering.write(architecture, true, numbers, 2)).toBe(expected.length + 2);
          expect([...numbers.subarray(2)]).toEqual(expected);
        }
        expect(numbering.size).toBe(bySignature.size);
        for (const [signature, number] of bySignature) {
          expect(signatureOf(numbering.part(number))).toBe(signature);
          expect(numbering.add(numbering.part(number))).toBe(number);
        }
      }),
    );
  });

  it('finds another numbering’s parts, and does not add what it is only asked about', () => {
    fc.assert(
      fc.property(networks, networks, (own, others) => {
        const [numbering, other] = [new PartNumbering(1), new PartNumbering(2)];
        for (const { part } of own.flatMap(partsOf)) numbering.add(part);
        const signatures = new Map(
          Array.from({ length: numbering.size }, (_, number) => [signatureOf(numbering.part(number)), number]),
        );
        for (const architecture of others) {
          const parts = partsOf(architecture).map(({ part }) => part);
          const expected = parts.map((part) => signatures.get(signatureOf(part)) ?? -1);
          const numbers = new Int32Array(parts.length);
          numbering.write(architecture, false, numbers, 0);
          expect([...numbers]).toEqual(expected);
          expect(parts.map((part) => numbering.findIn(other, other.add(part)))).toEqual(expected);
        }
        expect(numbering.size).toBe(signatures.size);
      }),
    );
  });

  // Expansions that differ in their last bit, widths in steps of a power of two: what weak hashes put into one place.
  it.each<[string, (i: number) => { expansion: number; in: number }]>([
    ['expansions a hair apart', (i) => ({ expansion: 1 + i * 2 ** -52, in: 8 })],
    ['widths 2^10 apart', (i) => ({ expansion: 6, in: 1024 * (i + 1) })],
    ['widths in order', (i) => ({ expansion: 6, in: i + 1 })],
  ])('stays fast over 50,000 parts with %s', (_name, choose) => {
    const numbering = new PartNumbering(12345);
    const from = performance.now();
    for (let i = 0; i < 50_000; i++) {
      const block = { op: 'mbconv' as const, kernel: 3 as const, stride: 1 as const, out: 8, shortcut: false };
      const part: Part = { kind: 'mbconv', block: { ...block, ...choose(i) }, inputSize: 8 };
      numbering.add(part);
    }
    expect(numbering.size).toBe(50_000);
    // A few ms; a table that degenerates to a list needs over a billion comparisons.
    expect(performance.now() - from).toBeLessThan(1500);
  });
});
