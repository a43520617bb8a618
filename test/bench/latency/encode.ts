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
  const choices = file.architectures.map(choicesOf);
  const alphabets = choices[0]!.map((_, position) => [...new Set(choices.map((one) => one[position]))].sort());
  const all = [...new Set(alphabets.flat())].sort();
  return (architecture) => {
    const chosen = choicesOf(architecture);
    const counts = all.map((value) => chosen.filter((choice) => choice === value).length);
    return {
      physical: counts,
      work: counts,
      blocks: chosen.flatMap((choice, position) => alphabets[position]!.map((value) => (value === choice ? 1 : 0))),
    };
  };
}

/** The categorical choices of any architecture: digits, or the leaves of a JSON value in order. */
function choicesOf(architecture: string): string[] {
  if (/^\d+$/.test(architecture)) return [...architecture];
  const leaves: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === 'object' && value !== null) for (const one of Object.values(value)) walk(one);
    else leaves.push(String(value));
  };
  walk(JSON.parse(architecture));
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
