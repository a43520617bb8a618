import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describerOf } from './encode.ts';
import { deviceOf, readLatencyFile } from './file.ts';
import { nasBench201 } from './nas-bench-201.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'fastpath-latencies-'));
});
afterAll(() => rmSync(root, { recursive: true }));

/** The rows again and again, as many as a benchmark needs. */
function file(text: string) {
  const [head, ...rows] = text.trimEnd().split('\n');
  const many = Array.from({ length: 120 }, (_, i) => rows[i % rows.length]);
  return written([head, ...many].join('\n'));
}

function written(text: string) {
  const path = join(root, 'latencies.csv.gz');
  writeFileSync(path, gzipSync(text));
  return path;
}

it('reads digits and JSON, any number of positions and devices', () => {
  const digits = readLatencyFile(file('i,arch,phone_1,phone_8\n0,0102,1.5,3\n1,2101,2.5,4\n'));
  expect([...digits.devices].map(([name, latencies]) => [name, [...latencies.slice(0, 2)]])).toEqual([
    ['phone_1', [1.5, 2.5]],
    ['phone_8', [3, 4]],
  ]);
  // Choices at the positions: 0 or 2, 1, 0, 2 or 1.
  expect(describerOf(digits)('0102')).toMatchObject({ physical: [2, 1, 1], blocks: [1, 0, 1, 1, 0, 1] });
  const json = readLatencyFile(file('row,arch_json,a\n0,"{""k"":[3,5],""d"":2}",1\n1,"{""k"":[5,5],""d"":1}",2\n'));
  expect(describerOf(json)('{"k":[3,5],"d":2}')).toMatchObject({ physical: [0, 1, 1, 1], blocks: [1, 0, 1, 0, 1] });
});

it.each([
  ['0,01,1\n1,02,nan\n', /line 3: a must be a number over 0, not "nan"/],
  ['0,01,-1\n', /line 2: a must be a number over 0, not "-1"/],
  ['0,01,\n', /line 2: a must be a number over 0, not ""/],
])('names the line that does not fit: %j', (rows, message) => {
  expect(() => readLatencyFile(file(`i,arch,a\n${rows}`))).toThrow(message);
});

it('refuses a file with too little in it', () => {
  expect(() => readLatencyFile(written('i,arch,a\n0,01,1\n'))).toThrow(/needs a device and 120 networks/);
  expect(() => readLatencyFile(written(''))).toThrow(/the second column must be arch or arch_json/);
});

it('a number at the end of a name is a batch size, unless it is a processor', () => {
  expect(['phone_32', 'gold_6226', 'raspi4', 'silver_4210r'].map(deviceOf)).toEqual([
    'phone',
    'gold_6226',
    'raspi4',
    'silver_4210r',
  ]);
});

it('cells of NAS-Bench-201: what runs, and what reaches the output', () => {
  // 3×3 convolution to node 1 that goes nowhere, and a skip straight to the output.
  expect(nasBench201('300100')?.physical).toEqual([1, 0, 1, 0, 1, 0, 0, 0]);
  // All on one way: 0 > 1 > 2 > 3.
  expect(nasBench201('202003')?.physical).toEqual([0, 2, 1, 0, 0, 2, 1, 0]);
  expect(nasBench201('330000')).toBeNull();
});
