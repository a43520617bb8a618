/** @file Coverage of the shipped table, and of tables with parts taken out. */
import { expect, test } from 'vitest';
import { findLatencyTable } from './built-in.ts';
import { spaceCoverage, wholeCoverage } from './coverage.ts';

const table = findLatencyTable('amd-epyc-zen4-ort-1t');
const places = (coverage: readonly { space: string; resolution: number }[]) =>
  coverage.map(({ space, resolution }) => `${space}@${resolution}`).sort();

test('what a table says that it covers follows from its entries', () => {
  expect(places(wholeCoverage(table.entries))).toEqual(places(table.coverage));
});

test('a part taken out is named, and only where a space has it', () => {
  const { 'mbconv-k7-e6-s1-i320-o320-r7': _none, 'mbconv-k3-e3-s2-i8-o16-r16': gone, ...entries } = table.entries;
  expect(gone).toBeDefined();
  expect(spaceCoverage(entries).filter(({ missing }) => missing.length > 0)).toEqual([
    { space: 'tiny', resolution: 32, parts: 40, missing: ['mbconv-k3-e3-s2-i8-o16-r16'] },
  ]);
});

test('any count of classes will do, none will not', () => {
  const without = Object.entries(table.entries).filter(([key]) => !key.startsWith('classifier-i128-'));
  const tiny = spaceCoverage(Object.fromEntries(without)).filter(({ space }) => space === 'tiny');
  expect(tiny.map(({ missing }) => missing)).toEqual(tiny.map(() => ['classifier-i128']));
  expect(tiny).toHaveLength(4);
});

test('nothing covers nothing', () => {
  expect(spaceCoverage({})).toEqual([]);
});
