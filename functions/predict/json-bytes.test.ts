/** @file Numbers as bytes read as the numbers they were. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonBytes, utf8 } from './json-bytes.ts';

const written = (write: (json: JsonBytes) => void) => {
  const json = new JsonBytes();
  write(json);
  return new TextDecoder('utf-8', { fatal: true }).decode(json.bytes());
};

describe('JSON as bytes', () => {
  it.each([
    [0, '0'],
    [0.0004, '0'],
    [0.0006, '0.000001'],
    [1, '0.001'],
    [999.9996, '1'],
    [12_345.678, '12.345678'],
    [1_000_000, '1000'],
    [1_050_000.5, '1050.0005'],
    [(2 ** 31 - 1) * 1e3, '2147483647'],
    [2 ** 31 * 1e3, '2147483648'],
    [1.5e27, '1.5e+24'],
  ])('%d us are %s ms', (us, text) => {
    expect(written((json) => json.milliseconds(us))).toBe(text);
  });

  it('writes milliseconds as JSON.stringify does', () => {
    const us = fc.oneof(fc.double({ min: 0, max: 1e7, noNaN: true }), fc.double({ min: 0, max: 1e15, noNaN: true }));
    fc.assert(
      fc.property(us, (value) => {
        // JSON.stringify turns to exponents below 1e-6, which is where a nanosecond ends.
        const expected = (Math.round(value * 1e3) / 1e6).toString().replace('1e-6', '0.000001');
        const text = written((json) => json.milliseconds(value));
        expect(Number(text)).toBe(Number(expected));
        expect(text.length).toBeLessThanOrEqual(Math.max(8, expected.length));
      }),
      { numRuns: 2000 },
    );
  });

  it('writes counts and words of any length one after the other', () => {
    const pieces = fc.array(fc.oneof(fc.nat(), fc.string({ unit: 'grapheme', maxLength: 3000 })), { maxLength: 30 });
    fc.assert(
      fc.property(pieces, (all) => {
        const text = written((json) => {
          for (const piece of all) typeof piece === 'number' ? json.count(piece) : json.add(utf8(piece));
        });
        expect(text).toBe(all.map((piece) => (typeof piece === 'number' ? piece : piece)).join(''));
      }),
    );
  });
});
