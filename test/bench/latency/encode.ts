/** @file Networks of a latency file as numbers: what they physically do, and their choices one by one. */

import type { LatencyFile } from './file.ts';
import { nasBench201 } from './nas-bench-201.ts';
import { onceForAll } from './once-for-all.ts';

/** One network, before columns are scaled. */
export interface Description {
  /** amounts of work: counts of operations, multiply-adds */
  physical: number[];
  /** choices one-hot */
  blocks: number[];
  /** the few amounts that one would fit a line to by hand: operation counts */
  work: number[];
}

/** What a space is told by: one function from the text in the file. Null: there is nothing to time, leave it out. */
export type Describe = (architecture: string) => Description | null;

export function describerOf(file: LatencyFile): Describe {
  if (file.index === 'nb201_index') return nasBench201;
  if (file.form === 'arch_json' && 'ks' in (JSON.parse(file.architectures[0]!) as object)) return onceForAll;
  const alphabets = new Map<string, Set<string>>();
  for (const architecture of file.architectures) {
    for (const [position, choice] of choicesOf(architecture)) {
      alphabets.set(position, (alphabets.get(position) ?? new Set()).add(choice));
    }
  }
  const positions = [...alphabets].map(([position, choices]) => ({ position, choices: [...choices].sort() }));
  const all = [...new Set(positions.flatMap(({ choices }) => choices))].sort();
  return (architecture) => {
    const chosen = choicesOf(architecture);
    const counts = all.map((value) => [...chosen.values()].filter((choice) => choice === value).length);
    return {
      physical: counts,
      work: counts,
      blocks: positions.flatMap(({ position, choices }) =>
        choices.map((value) => (chosen.get(position) === value ? 1 : 0)),
      ),
    };
  };
}

/** The categorical choices of any architecture by position: digits, or the leaves of a JSON value. */
function choicesOf(architecture: string): Map<string, string> {
  if (/^\d+$/.test(architecture)) return new Map([...architecture].map((digit, i) => [String(i), digit]));
  const leaves = new Map<string, string>();
  const walk = (value: unknown, position: string): void => {
    if (typeof value !== 'object' || value === null) leaves.set(position, String(value));
    else for (const [key, one] of Object.entries(value)) walk(one, `${position}/${key}`);
  };
  walk(JSON.parse(architecture), '');
  return leaves;
}

/**
 * Columns centred, scaled to unit variance and divided by the root of their number, so that every row has about the
 * same length whatever the number of columns; constant ones are dropped.
 */
export function scaled(rows: readonly (readonly number[])[]): number[][] {
  const columns: number[][] = [];
  for (let k = 0; k < (rows[0]?.length ?? 0); k++) {
    const column = rows.map((row) => row[k]!);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length);
    if (deviation > 1e-9) columns.push(column.map((value) => (value - mean) / deviation));
  }
  const root = Math.sqrt(columns.length);
  return rows.map((_, i) => columns.map((column) => column[i]! / root));
}
