import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bytes, count, duration, loss, milliseconds, percent, table } from './format.ts';

test('numbers carry units and three digits that matter', () => {
  expect(count(12)).toBe('12');
  expect(count(999_499)).toBe('999 k');
  expect(count(999_500)).toBe('1.00 M');
  expect(count(319_987_654)).toBe('320 M');
  expect(bytes(552)).toBe('552 B');
  expect(bytes(61_440)).toBe('61.4 kB');
  expect(bytes(4_816_896)).toBe('4.82 MB');
  expect(milliseconds(0.12345)).toBe('0.123 ms');
  expect(milliseconds(0.0005213)).toBe('0.000521 ms');
  expect(milliseconds(0.9996)).toBe('1.00 ms');
  expect(milliseconds(0)).toBe('0 ms');
  expect(milliseconds(78)).toBe('78.0 ms');
  expect(percent(0.5614)).toBe('56.1 %');
  expect(loss(Math.LN10)).toBe('2.303');
});

test('durations', () => {
  expect(duration(0)).toBe('0 s');
  expect(duration(59.4)).toBe('59 s');
  expect(duration(59.6)).toBe('1 min 00 s');
  expect(duration(200)).toBe('3 min 20 s');
  expect(duration(7500)).toBe('2 h 05 min');
  expect(duration(-3)).toBe('0 s');
});

test('whatever comes in, no NaN and no Infinity comes out', () => {
  const anything = fc.oneof(
    fc.double(),
    fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  );
  fc.assert(
    fc.property(anything, (value) => {
      for (const text of [count, bytes, milliseconds, percent, loss, duration].map((format) => format(value))) {
        expect(text).not.toMatch(/NaN|Infinity|undefined/);
        expect(text).not.toBe('');
      }
    }),
  );
});

test('table columns line up', () => {
  const rows = [
    ['file', 'latency'],
    ['a.json', '3.10 ms'],
    ['longer.json', '12 ms'],
  ];
  expect(table(rows)).toBe('file         latency\na.json       3.10 ms\nlonger.json    12 ms\n');
});
