/** @file CSV in, rows out: against a writer of its own kind, worked examples, and every way a row can be wrong. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LatencyTable } from '../../contract/latency.ts';
import { FastpathError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { findSpace } from '../../space/built-in.ts';
import { planSupernet } from '../../space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../space/path.ts';
import { measuredArchitecture } from '../measured-network.ts';
import { isCsv, parseCsv } from './csv.ts';
import { importedTable } from './imported-table.ts';
import { readTimings } from './read-timings.ts';

const noFile = (file: string) => {
  throw new FastpathError('file.missing', `there is no file ${file}`);
};
const read = (text: string) => parseCsv(text, noFile);

const hardware = {
  id: 'board',
  name: 'board',
  device: 'board',
  runtime: 'r',
  batchSize: 1,
  precision: 'fp32',
  threads: 1,
} as const;
const source = { file: 'a.csv', sha256: '0'.repeat(64), importedAt: '2026-01-01T00:00:00Z' };
const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });

const us = fc.double({ min: 1e-3, max: 1e9, noNaN: true });
const spread = fc.double({ min: 0, max: 1e6, noNaN: true });
const whole = fc.integer({ min: 1, max: 2048 });
const signature = fc.oneof(
  fc.tuple(whole, whole, whole).map(([i, o, r]) => `head-i${i}-o${o}-r${r}`),
  fc.tuple(whole, whole).map(([i, c]) => `classifier-i${i}-c${c}`),
  fc.tuple(fc.constantFrom(1, 2), whole, whole).map(([s, o, r]) => `stem-k3-s${s}-o${o}-r${r}`),
  fc
    .tuple(fc.constantFrom(3, 5, 7), fc.constantFrom('1', '2.5', '6'), whole, whole)
    .map(([k, e, i, r]) => `mbconv-k${k}-e${e}-s1-i${i}-o${i}-r${r}-id`),
);
const entry = fc.record({ latencyUs: us, spreadUs: spread, count: whole });
const path = fc.nat().map((seed) => uniformPath(plan, Random.named(seed, 'path')));
const network = fc.record({ path, inline: fc.boolean(), latencyUs: us, spreadUs: spread });

const anyTable: fc.Arbitrary<LatencyTable> = fc
  .record({
    entries: fc.dictionary(signature, entry, { minKeys: 1, maxKeys: 12 }),
    overheadUs: us,
    networks: fc.uniqueArray(network, { selector: (each) => each.path.join(), maxLength: 4 }),
  })
  .map(({ entries, overheadUs, networks }) =>
    importedTable(
      {
        format: 'csv',
        parts: Object.entries(entries).map(([key, timing]) => ({ signature: key, ...timing })),
        networks: networks.map(({ path: choices, inline, ...timing }) =>
          inline
            ? { architecture: pathToArchitecture(plan, choices), ...timing }
            : { space: 'tiny', resolution: 32, classes: 10, path: choices, ...timing },
        ),
        overheadUs,
        skipped: [],
      },
      hardware,
      source,
      0,
    ),
  );

/** The table as docs/latency.md says that a CSV is written. */
function csvOf(table: LatencyTable): string {
  const quoted = (json: unknown) => `"${JSON.stringify(json).replaceAll('"', '""')}"`;
  const rows = [
    ['call', '', '', '', '', table.overheadUs, '', ''],
    ...Object.entries(table.entries).map(([key, each]) => [
      key,
      '',
      '',
      '',
      '',
      each.latencyUs,
      each.spreadUs,
      each.count,
    ]),
    ...(table.networks ?? []).map((each) => {
      const timing = [each.latencyUs, each.spreadUs, ''];
      if ('architecture' in each) return ['', quoted(each.architecture), '', '', '', ...timing];
      return ['', '', `${each.space}@${each.resolution}`, each.path.join(''), each.classes, ...timing];
    }),
  ];
  const header = 'signature,architecture,space,path,classes,latency_us,spread_us,count';
  return `${[header, ...rows.map((row) => row.join(','))].join('\n')}\n`;
}

describe('a table written as CSV', () => {
  it('comes back the same', () => {
    fc.assert(
      fc.property(anyTable, (table) => {
        const rows = readTimings(csvOf(table), { architecture: null, readJson: noFile });
        expect(importedTable(rows, hardware, source, 0)).toEqual(table);
      }),
    );
  });

  it('names the line of the one row that is corrupt, and gives nothing', () => {
    const corruptions: ((cells: string) => string)[] = [
      (row) => row.replace(/,[^,]*(,[^,]*,[^,]*)$/, ',-1$1'),
      (row) => row.replace(/,[^,]*(,[^,]*,[^,]*)$/, ',0$1'),
      (row) => row.replace(/,[^,]*(,[^,]*,[^,]*)$/, ',NaN$1'),
      (row) => row.replace(/,[^,]*(,[^,]*,[^,]*)$/, ',$1'),
      (row) => row.replace(/,[^,]*(,[^,]*)$/, ',-0.5$1'),
      (row) => `${row},1`,
      (row) => row.slice(0, row.lastIndexOf(',')),
      (row) => `what${row}`,
    ];
    fc.assert(
      fc.property(anyTable, fc.nat(), fc.nat(), (table, at, how) => {
        const lines = csvOf(table).trimEnd().split('\n');
        const line = 1 + (at % (lines.length - 1));
        lines[line] = corruptions[how % corruptions.length]!(lines[line]!);
        expect(() => read(lines.join('\n'))).toThrow(new RegExp(`^line ${line + 1}: .*; nothing was imported$`));
      }),
    );
  });
});

describe('units and columns', () => {
  it.each([
    ['signature,latency_us\nhead-i8-o16-r4,250', 250, 0, 1],
    ['signature,latency_ms,count\nhead-i8-o16-r4,0.25,7', 250, 0, 7],
    ['Signature;Mean_MS;Spread_ms\nhead-i8-o16-r4;.25;0.01', 250, 10, 1],
    ['\uFEFFlatency_s\tsignature\n2.5e-4\thead-i8-o16-r4', 250, 0, 1],
    ['# Pixel 2\r\n\r\nsignature,mean_ms,std_ms\r\nhead-i8-o16-r4,0.25,0.014826\r\n', 250, 10, 1],
  ])('%j', (text, latencyUs, spreadUs, count) => {
    expect(isCsv(text)).toBe(true);
    const { parts } = read(text);
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatchObject({ signature: 'head-i8-o16-r4', count });
    expect(parts[0]!.latencyUs).toBeCloseTo(latencyUs, 9);
    expect(parts[0]!.spreadUs).toBeCloseTo(spreadUs, 9);
  });

  it('takes a path, an inline architecture and the name of a file as whole networks', () => {
    const first = pathToArchitecture(
      plan,
      plan.blocks.map(() => 0),
    );
    const second = pathToArchitecture(
      plan,
      plan.blocks.map(() => 1),
    );
    const inline = JSON.stringify(first).replaceAll('"', '""');
    const text = `architecture,space,path,classes,latency_ms\n"${inline}",,,,1.5\nb.json,,,,2.5\n,tiny@32,22222222,10,3.5\n`;
    const { networks } = parseCsv(text, (file) => (file === 'b.json' ? second : noFile(file)));
    expect(networks.map(({ latencyUs }) => latencyUs)).toEqual([1500, 2500, 3500]);
    const third = pathToArchitecture(
      plan,
      plan.blocks.map(() => 2),
    );
    expect(networks.map(measuredArchitecture)).toEqual([first, second, third]);
  });
});

describe('what is refused', () => {
  it.each([
    [
      'signature,latency\nhead-i8-o16-r4,1',
      /^header line: the column "latency" is unknown: say the unit, e\.g\. latency_ms/,
    ],
    ['signature,latency_ms,colour\nhead-i8-o16-r4,1,red', /^header line: the column "colour" is unknown/],
    ['signature,latency_ms,mean_us\nhead-i8-o16-r4,1,1', /^header line: give one latency column.*not 2/],
    ['signature,count\nhead-i8-o16-r4,1', /^header line: give one latency column.*not 0/],
    ['signature,signature,latency_ms\na,b,1', /^header line: the column signature stands there twice/],
    ['signature,latency_ms\nhead-i8-o16-r4,1\nhead-i8-o16-r4,2', /^line 3: head-i8-o16-r4 stands on line 2 already/],
    ['signature,latency_ms\n# note\n\nhead-i8-o16,1', /^line 4: "head-i8-o16" is no block signature/],
    ['signature,latency_ms\nhead-i8-o16-r4,1;5', /^line 2: 3 values for 2 columns/],
    ['signature,latency_ms\n"head-i8-o16-r4,1', /^line \d: .*quot/i],
    ['signature,latency_ms\nmbconv-k3-e3-s2-i8-o8-r8-id,1', /^line 2: .*shortcut between tensors of different shapes/],
    ['signature,latency_ms,count\nhead-i8-o16-r4,1,2.5', /^line 2: count is 2\.5, and must be a whole number/],
    ['signature,latency_ms\nhead-i8-o16-r4,1e999', /^line 2: latency_ms is no number: "1e999"/],
    ['signature,latency_ms\nhead-i8-o16-r4,0x10', /^line 2: latency_ms is no number/],
    ['signature,path,latency_ms\nhead-i8-o16-r4,01,1', /^line 2: give one of signature, architecture, path, not 2/],
    ['space,path,classes,latency_ms\ntiny@32,012,10,1', /^line 2: a path needs 8 choices, not 3/],
    ['space,path,classes,latency_ms\ntiny@32,99999999,10,1', /^line 2: stage 1 block 1 has candidates 0 to 5/],
    ['space,path,classes,latency_ms\ntiny@33,00000000,10,1', /^line 2: .*resolution/],
    ['space,path,classes,latency_ms\ntiny,00000000,10,1', /^line 2: a path needs its space, e\.g\. tiny@32/],
    ['space,path,classes,latency_ms\nhuge@32,00000000,10,1', /^line 2: there is no search space huge/],
    ['space,path,classes,latency_ms\ntiny@32,00000000,,1', /^line 2: a path needs its number of classes/],
    [
      'space,path,classes,latency_ms\ntiny@32,00000000,10,1\ntiny@32,00000000,10,2',
      /^line 3: this network stands on line 2/,
    ],
    ['architecture,latency_ms\nnowhere.json,1', /^line 2: there is no file nowhere\.json/],
    ['architecture,latency_ms\n"{""format"":",1', /^line 2: .*JSON/],
    ['architecture,latency_ms\n"{""format"":""x""}",1', /^line 2: architecture/],
  ])('%j', (text, message) => {
    const refused = () => read(text);
    expect(refused).toThrow(FastpathError);
    expect(refused).toThrow(message);
    expect(refused).toThrow(/nothing was imported$/);
  });
});
