import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { benchArguments, type Measurement, report } from './report.ts';

let folder: string;
const printed: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fastpath-report-'));
  printed.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line: string) => printed.push(line));
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

const rows: Measurement[] = [
  { name: 'at the limit', value: 1.1, unit: '×', target: { atMost: 1.1 } },
  { name: 'over it', value: 1.1001, unit: '×', target: { atMost: 1.1 }, baseline: 1 },
  { name: 'not above', value: 0, unit: 'points', target: { above: 0 }, note: 'of the interval' },
  { name: 'enough', value: 1234.56, unit: 'MB', target: { atLeast: 5 } },
  { name: 'undefined', value: Number.NaN, unit: '×', target: { atLeast: 5 } },
  { name: 'without target', value: 0.000123456, unit: 's' },
];

it('says of each target whether it was met, the same in JSON as in the table', () => {
  const out = join(folder, 'new', 'report.json');
  const made = report({ bench: 'example', rows, backend: 'Backend: none', out });
  expect(made.rows.map(({ met }) => met)).toEqual([true, false, false, true, false, null]);
  expect(made.rows[1]).toEqual({
    ...{ name: 'over it', value: 1.1001, unit: '×', target: 1.1 },
    ...{ met: false, baseline: 1, note: null },
  });
  const { date, machine, bench } = JSON.parse(readFileSync(out, 'utf8'));
  expect(bench).toBe('example');
  expect(new Date(date).toISOString()).toBe(date);
  expect(machine).toMatchObject({ node: process.versions.node, backend: 'Backend: none' });

  const table = printed.join('\n').split('\n');
  const line = (name: string) => table.find((text) => text.startsWith(name))!.split(/ {2,}/);
  expect(line('at the limit')).toEqual(['at the limit', '1.1', '×', '≤ 1.1', 'yes']);
  expect(line('over it')).toEqual(['over it', '1.1', '×', '≤ 1.1', 'NO', '1']);
  expect(line('not above')).toEqual(['not above', '0', 'points', '> 0', 'NO', 'of the interval']);
  expect(line('enough')).toEqual(['enough', '1235', 'MB', '≥ 5', 'yes']);
  expect(line('undefined')).toEqual(['undefined', 'NaN', '×', '≥ 5', 'NO']);
  expect(line('without target')).toEqual(['without target', '0.000123', 's']);
});

it('takes --quick and --out and refuses anything else', () => {
  expect(benchArguments([])).toEqual({ quick: false, out: undefined });
  expect(benchArguments(['--quick', '--out', 'a.json'])).toEqual({ quick: true, out: 'a.json' });
  expect(() => benchArguments(['--fast'])).toThrow('--fast');
});

it('takes the choices it is told of', () => {
  const choices = { engine: ['steam', 'diesel'] } as const;
  expect(benchArguments(['--engine', 'steam'], choices)).toEqual({ quick: false, out: undefined, engine: 'steam' });
  expect(benchArguments(['--quick'], choices).engine).toBeUndefined();
  expect(() => benchArguments(['--engine', 'horse'], choices)).toThrow('--engine is steam or diesel, not horse');
});
