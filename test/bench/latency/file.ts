/**
 * @file Tables of measured latencies, one network a line: an index column, `arch` (one digit per position) or `arch_json`,
 * and one column for each device, `_N` at its end the batch size.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { FastpathError } from '../../../shared/errors.ts';

export interface LatencyFile {
  /** names of the first two columns */
  index: string;
  form: 'arch' | 'arch_json';
  architectures: readonly string[];
  /** column → [network] milliseconds */
  devices: ReadonlyMap<string, Float64Array>;
}

/** @throws FastpathError `bench.data` with the line that does not fit */
export function readLatencyFile(path: string): LatencyFile {
  const bytes = readFileSync(path);
  const text = path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  const [head, ...lines] = parse(text) as string[][];
  const [index, form, ...names] = head ?? [];
  if (form !== 'arch' && form !== 'arch_json') throw unfit(path, 1, 'the second column must be arch or arch_json');
  if (lines.length < fewestNetworks || names.length === 0)
    throw new FastpathError('bench.data', `${path} needs a device and ${fewestNetworks} networks at least`);
  const devices = new Map(names.map((name) => [name, new Float64Array(lines.length)] as const));
  for (const [i, cells] of lines.entries()) {
    for (const [j, name] of names.entries()) {
      const value = Number(cells[j + 2]);
      if (!(value > 0)) throw unfit(path, i + 2, `${name} must be a number over 0, not "${cells[j + 2]}"`);
      devices.get(name)![i] = value;
    }
  }
  return { index: index!, form, architectures: lines.map((cells) => cells[1]!), devices };
}

/** Half of them are a pool to time from, the others are predicted. */
const fewestNetworks = 120;

/** No batch is larger: `gold_6226` is a processor's name. */
const largestBatch = 1024;

/** A column's device without its batch size. */
export function deviceOf(column: string): string {
  const match = /^(.+)_(\d+)$/.exec(column);
  return match !== null && Number(match[2]) <= largestBatch ? match[1]! : column;
}

function unfit(path: string, line: number, problem: string): FastpathError {
  return new FastpathError('bench.data', `${path}, line ${line}: ${problem}`);
}
