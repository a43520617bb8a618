/** @file What every benchmark shares: its arguments, the machine it ran on, and its report as a table and as JSON. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';

/** The number to reach, where there is one. */
export type Target = { atMost: number } | { atLeast: number } | { above: number };

export interface Measurement {
  name: string;
  value: number;
  unit: string;
  target?: Target;
  /** the same quantity of what `value` is compared with, in the unit that `note` or `name` says */
  baseline?: number;
  note?: string;
}

/** One row of the JSON report; null where a row has no such thing. */
export interface ReportRow {
  name: string;
  value: number;
  unit: string;
  target: number | null;
  met: boolean | null;
  baseline: number | null;
  note: string | null;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGb: number;
  os: string;
  node: string;
  /** the line that says which backend runs and why */
  backend: string;
}

export interface Report {
  bench: string;
  /** ISO 8601, UTC */
  date: string;
  machine: Machine;
  rows: ReportRow[];
}

type Choices = Readonly<Record<string, readonly string[]>>;

/**
 * `--quick` asks for a shorter run, `--out FILE` for the report as JSON.
 * @param choices further options, and the words that each may be given
 */
export function benchArguments<C extends Choices = Record<never, never>>(
  args = process.argv.slice(2),
  choices?: C,
): { quick: boolean; out: string | undefined } & { [K in keyof C]?: C[K][number] } {
  const names = Object.keys(choices ?? {});
  const chosen = Object.fromEntries(names.map((name) => [name, { type: 'string' as const }]));
  const { values } = parseArgs({ args, options: { quick: { type: 'boolean' }, out: { type: 'string' }, ...chosen } });
  const { quick, out, ...given } = values as { quick?: boolean; out?: string } & Record<string, string>;
  for (const [name, word] of Object.entries(given)) {
    if (!choices![name]!.includes(word)) throw new Error(`--${name} is ${choices![name]!.join(' or ')}, not ${word}`);
  }
  return { quick: quick ?? false, out, ...(given as { [K in keyof C]?: C[K][number] }) };
}

/** Prints the table of `rows` and, where `out` is given, writes the same as JSON. */
export function report(options: {
  bench: string;
  rows: readonly Measurement[];
  backend: string;
  out: string | undefined;
}): Report {
  const { bench, rows, backend, out } = options;
  const made: Report = {
    bench,
    date: new Date().toISOString(),
    machine: machineWith(backend),
    rows: rows.map((row) => ({
      name: row.name,
      value: row.value,
      unit: row.unit,
      target: row.target ? limitOf(row.target) : null,
      met: row.target ? meets(row.value, row.target) : null,
      baseline: row.baseline ?? null,
      note: row.note ?? null,
    })),
  };
  const { cpu, cores, memoryGb, os, node } = made.machine;
  console.log(`${bench} · ${made.date} · ${cpu}, ${cores} cores, ${memoryGb} GB · ${os} · Node ${node}`);
  console.log(backend);
  console.log(tableOf(rows));
  if (out !== undefined) {
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, `${JSON.stringify(made, null, 2)}\n`);
    console.log(`written to ${out}`);
  }
  return made;
}

function machineWith(backend: string): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    os: `${type()} ${release()}`,
    node: process.versions.node,
    backend,
  };
}

function limitOf(target: Target): number {
  if ('atMost' in target) return target.atMost;
  return 'atLeast' in target ? target.atLeast : target.above;
}

export function meets(value: number, target: Target): boolean {
  if ('atMost' in target) return value <= target.atMost;
  return 'atLeast' in target ? value >= target.atLeast : value > target.above;
}

function tableOf(rows: readonly Measurement[]): string {
  const head = ['', 'value', 'unit', 'target', 'met', 'baseline', 'note'];
  const cells = rows.map((row) => [
    row.name,
    readable(row.value),
    row.unit,
    row.target ? `${signOf(row.target)} ${readable(limitOf(row.target))}` : '',
    row.target ? (meets(row.value, row.target) ? 'yes' : 'NO') : '',
    row.baseline === undefined ? '' : readable(row.baseline),
    row.note ?? '',
  ]);
  const widths = head.map((title, i) => Math.max(title.length, ...cells.map((line) => line[i]!.length)));
  // Numbers end in one column; words begin in one.
  const numeric = new Set([1, 5]);
  const lines = [head, ...cells].map((line) =>
    line.map((cell, i) => (numeric.has(i) ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('  '),
  );
  return lines.map((line) => line.trimEnd()).join('\n');
}

function signOf(target: Target): string {
  if ('atMost' in target) return '≤';
  return 'atLeast' in target ? '≥' : '>';
}

/** Four significant digits, no exponent. */
function readable(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = value === 0 ? 0 : Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))));
  return value
    .toFixed(Math.min(digits, 6))
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}
