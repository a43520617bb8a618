/**
 * @file Timings as CSV with a header line. A row is a part (`signature`), the cost of a call (`signature` is `call`) or
 * a whole network (`architecture`: JSON or the name of a JSON file; or `space`, e.g. `tiny@32`, with `path`, one digit
 * for each choice block, and `classes`). The time stands in `latency_us`, `latency_ms` or `latency_s`, or in `mean_…`;
 * optional are `spread_…` (median absolute deviation), `std_…` and `count`.
 */
import { CsvError, parse } from 'csv-parse/sync';
import { parseArchitecture } from '../../architecture/parse.ts';
import type { MeasuredNetwork } from '../../contract/latency.ts';
import { FastpathError } from '../../errors.ts';
import { measuredArchitecture } from '../measured-network.ts';
import { deviationsPerMad } from '../statistics.ts';
import {
  badRow,
  type ImportedRows,
  numberFromZero,
  type PartRow,
  positiveNumber,
  Seen,
  timedSignature,
  wholeNumber,
} from './rows.ts';

const unitsUs: Readonly<Record<string, number>> = { us: 1, ms: 1e3, s: 1e6 };
const subjects = ['signature', 'architecture', 'path'];
const others = ['space', 'classes', 'count'];

type Row = Readonly<Record<string, string>>;

interface Columns {
  /** e.g. `latency_ms` */
  latency: string;
  spread: string | null;
}

/** Whether a text's first line is the header of such a file. */
export function isCsv(text: string): boolean {
  const names = headerNames(text.split('\n').find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '');
  return names.some((name) => subjects.includes(name)) && names.length > 1;
}

/**
 * @param readJson the JSON in a file that an `architecture` column names
 * @throws FastpathError `import.bad-header`; `import.bad-row`, which names the line
 */
export function parseCsv(text: string, readJson: (file: string) => unknown): ImportedRows {
  const [header, ...records] = recordsOf(text);
  const names = header!.record.map((name) => name.toLowerCase());
  const columns = columnsOf(names);
  const parts: PartRow[] = [];
  const networks: MeasuredNetwork[] = [];
  const seen = new Seen();
  let overheadUs: number | null = null;
  for (const { record, line } of records) {
    const place = `line ${line}`;
    if (record.length !== names.length) {
      throw badRow(place, `${record.length} values for ${names.length} columns`);
    }
    const row: Row = Object.fromEntries(names.map((name, i) => [name, record[i]!]));
    const given = subjects.filter((name) => (row[name] ?? '') !== '');
    if (given.length !== 1) throw badRow(place, `give one of ${subjects.join(', ')}, not ${given.length}`);
    const timing = timingOf(row, columns, place);
    if (row.signature === 'call') {
      seen.add('call', place);
      overheadUs = timing.latencyUs;
    } else if (row.signature) {
      const { signature: text } = row;
      const signature = inRow(place, () => timedSignature(text));
      seen.add(signature, place);
      parts.push({ signature, ...timing });
    } else {
      const { count: _, ...time } = timing;
      const network = inRow(place, () => networkOf(row, time, readJson));
      seen.add(JSON.stringify(inRow(place, () => measuredArchitecture(network))), place, 'this network');
      networks.push(network);
    }
  }
  return { format: 'csv', parts, networks, overheadUs, skipped: [] };
}

function recordsOf(text: string): { record: string[]; line: number }[] {
  try {
    const options = {
      bom: true,
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      comment: '#',
      info: true,
    };
    const delimiter = [',', ';', '\t'];
    const read = parse(text, { ...options, delimiter, comment_no_infix: true }) as unknown as {
      record: string[];
      info: { lines: number };
    }[];
    return read.map(({ record, info }) => ({ record, line: info.lines }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw badRow(`line ${cause.lines ?? '?'}`, cause.message.split('\n')[0]!);
  }
}

function headerNames(line: string): string[] {
  return line
    .replace(/^\uFEFF/, '')
    .split(/[,;\t]/)
    .map((name) => name.trim().replaceAll('"', '').toLowerCase());
}

function columnsOf(names: readonly string[]): Columns {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw badHeader(`the column ${twice} stands there twice`);
  const units = Object.keys(unitsUs).join('|');
  const find = (kinds: string) => names.filter((name) => new RegExp(`^(${kinds})_(${units})$`).test(name));
  const latency = find('latency|mean');
  const spread = find('spread|std');
  const unknown = names.find((name) => ![...subjects, ...others, ...latency, ...spread].includes(name));
  if (unknown !== undefined) {
    const hint = /^(latency|mean|spread|std)/.test(unknown)
      ? `: say the unit, e.g. ${unknown.split(/[^a-z]/)[0]}_ms`
      : '';
    throw badHeader(`the column ${JSON.stringify(unknown)} is unknown${hint}`);
  }
  if (latency.length !== 1) throw badHeader(`give one latency column, e.g. latency_ms, not ${latency.length}`);
  if (spread.length > 1) throw badHeader(`give one of ${spread.join(' and ')}`);
  return { latency: latency[0]!, spread: spread[0] ?? null };
}

function badHeader(problem: string): FastpathError {
  return new FastpathError('import.bad-header', `header line: ${problem}; nothing was imported`);
}

function timingOf(row: Row, { latency, spread }: Columns, place: string) {
  const latencyUs = positiveNumber(row[latency], place, latency) * unitOf(latency);
  let spreadUs = 0;
  if (spread !== null && row[spread] !== '') {
    const value = numberFromZero(row[spread], place, spread) * unitOf(spread);
    spreadUs = spread.startsWith('std') ? value / deviationsPerMad : value;
  }
  const count = row.count === undefined || row.count === '' ? 1 : wholeNumber(row.count, place, 'count');
  return { latencyUs, spreadUs, count };
}

function unitOf(column: string): number {
  return unitsUs[column.split('_')[1]!]!;
}

function networkOf(
  row: Row,
  timing: { latencyUs: number; spreadUs: number },
  readJson: (file: string) => unknown,
): MeasuredNetwork {
  if (row.architecture) {
    const json = row.architecture.startsWith('{') ? JSON.parse(row.architecture) : readJson(row.architecture);
    return { architecture: parseArchitecture(json), ...timing };
  }
  const place = /^([^@]+)@(\d+)$/.exec(row.space ?? '');
  if (place === null) throw new FastpathError('import.bad-row', 'a path needs its space, e.g. tiny@32');
  const path = row.path ?? '';
  if (!/^\d+$/.test(path)) throw new FastpathError('import.bad-row', `path ${path} is not digits, one a choice block`);
  if (!/^\d+$/.test(row.classes ?? '')) throw new FastpathError('import.bad-row', 'a path needs its number of classes');
  return {
    space: place[1]!,
    resolution: Number(place[2]),
    classes: Number(row.classes),
    path: [...path].map(Number),
    ...timing,
  };
}

/** `read()`, its error with the line before it. */
function inRow<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof FastpathError) && !(cause instanceof SyntaxError)) throw cause;
    throw badRow(place, cause.message.split('\n')[0]!);
  }
}
