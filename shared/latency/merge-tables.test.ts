/** @file Rows that come later join those that are there, and what follows from the rows follows from all of them. */
import { expect, test } from 'vitest';
import type { LatencyTable } from '../contract/latency.ts';
import { findSpace } from '../space/built-in.ts';
import { planSupernet } from '../space/make-plan.ts';
import { pathToArchitecture } from '../space/path.ts';
import { findLatencyTable } from './built-in.ts';
import { mergeTables } from './merge-tables.ts';
import { partsOf } from './part.ts';
import { signatureOf } from './signature.ts';

const shipped = findLatencyTable('amd-epyc-zen4-ort-1t');
const hardware = { ...shipped.hardware, id: 'mine' };
const imported = (sha256: string) => ({
  file: `${sha256[0]}.csv`,
  sha256: sha256[0]!.repeat(64),
  format: 'csv' as const,
  importedAt: '2026-01-01T00:00:00Z',
});
const empty: LatencyTable = {
  format: 'fastpath.latency-table/1',
  hardware,
  imports: [imported('a')],
  overheadUs: 5,
  coverage: [],
  entries: {},
};

test('two halves of a space cover it together', () => {
  const all = Object.entries(shipped.entries);
  const half = (odd: number, sha: string) => ({
    ...empty,
    imports: [imported(sha)],
    entries: Object.fromEntries(all.filter((_, i) => i % 2 === odd)),
  });
  const merged = mergeTables(half(0, 'a'), half(1, 'b'));
  expect(new Set(Object.keys(merged.entries))).toEqual(new Set(Object.keys(shipped.entries)));
  expect(merged.coverage).toContainEqual({ space: 'cifar', resolution: 32, contextFactor: 1 });
  expect(merged.imports!.map(({ file }) => file)).toEqual(['a.csv', 'b.csv']);
});

test('imported rows leave what was measured here as it was', () => {
  const measured = { ...shipped, hardware };
  const merged = mergeTables(measured, { ...empty, overheadUs: shipped.overheadUs });
  const { networks, ...rest } = merged;
  const { networks: before, ...measuredRest } = measured;
  expect(rest).toEqual({ ...measuredRest, imports: empty.imports });
  // The sums are counted again from the rounded entries.
  expect(networks!.map(({ sumOfBlocksUs: _, ...each }) => each)).toEqual(
    before!.map(({ sumOfBlocksUs: _, ...each }) => each),
  );
  networks!.forEach(({ sumOfBlocksUs }, i) => {
    expect(sumOfBlocksUs).toBeCloseTo(before![i]!.sumOfBlocksUs!, 1);
  });
});

test('the sum of a network is there as soon as its last part is', () => {
  const architecture = pathToArchitecture(
    planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 }),
    [0, 0, 0, 0, 0, 0, 0, 0],
  );
  const entries = Object.fromEntries(
    partsOf(architecture).map(({ part }) => [signatureOf(part), { latencyUs: 10, aloneUs: 10, spreadUs: 0, count: 1 }]),
  );
  const { 'head-i40-o128-r4': head, ...others } = entries;
  const network = { architecture, latencyUs: 200, spreadUs: 0 };
  const first = mergeTables(empty, { ...empty, entries: others, networks: [network] });
  expect(first.networks).toEqual([network]);
  const then = mergeTables(first, { ...empty, entries: { 'head-i40-o128-r4': head! } });
  // stem, nine blocks, head, classifier at 10 each, and the call
  expect(then.networks).toEqual([{ ...network, sumOfBlocksUs: 125 }]);
});

test('the same file again, and the same network again, stand there once', () => {
  const path = { space: 'tiny', resolution: 32, classes: 10, path: [0, 0, 0, 0, 0, 0, 0, 0], spreadUs: 0 };
  const first = { ...empty, networks: [{ ...path, latencyUs: 100 }] };
  const merged = mergeTables(first, { ...empty, networks: [{ ...path, latencyUs: 90 }] });
  expect(merged.imports).toHaveLength(1);
  expect(merged.networks).toEqual([{ ...path, latencyUs: 90 }]);
});

test('another device under the same id is refused', () => {
  const other = (change: Partial<LatencyTable['hardware']>) => () =>
    mergeTables(empty, { ...empty, hardware: { ...hardware, ...change } });
  expect(other({ name: 'a nicer name' })).not.toThrow();
  expect(other({ batchSize: 8 })).toThrow('hardware mine has batchSize 1, the new rows 8: choose another id for them');
  expect(other({ runtime: 'other 2' })).toThrow(/has runtime .*, the new rows other 2/);
});
