/** @file What every kind of imported file becomes: timed parts, timed whole networks, and what had no place. */
import type { ImportedFile, MeasuredNetwork } from '../../contract/latency.ts';
import { FastpathError } from '../../errors.ts';
import { parseSignature, signatureOf } from '../signature.ts';

export interface PartRow {
  signature: string;
  latencyUs: number;
  /** median absolute deviation; 0 where the file does not say */
  spreadUs: number;
  /** timings behind the number; 1 where the file does not say */
  count: number;
}

export interface TimedRows {
  parts: PartRow[];
  networks: MeasuredNetwork[];
  /** what a call costs by itself; null where the rows do not say */
  overheadUs: number | null;
}

export interface ImportedRows extends TimedRows {
  format: ImportedFile['format'];
  /** why rows that are in order stayed out, and how many */
  skipped: { reason: string; rows: number }[];
}

/** @param place where it stands: `line 12`, `event 7` */
export function badRow(place: string, problem: string): FastpathError {
  return new FastpathError('import.bad-row', `${place}: ${problem}; nothing was imported`);
}

/**
 * The number in `value`, over 0 and finite.
 * @param name what it is, for the message
 * @throws FastpathError `import.bad-row`
 */
export function positiveNumber(value: unknown, place: string, name: string): number {
  const number = readNumber(value, place, name);
  if (number > 0) return number;
  throw badRow(place, `${name} is ${number}, and must be over 0`);
}

/** The same for spreads, which may be 0. */
export function numberFromZero(value: unknown, place: string, name: string): number {
  const number = readNumber(value, place, name);
  if (number >= 0) return number;
  throw badRow(place, `${name} is ${number}, and must be 0 or more`);
}

/** The same for how often something was timed. */
export function wholeNumber(value: unknown, place: string, name: string): number {
  const number = positiveNumber(value, place, name);
  if (Number.isSafeInteger(number)) return number;
  throw badRow(place, `${name} is ${number}, and must be a whole number`);
}

function readNumber(value: unknown, place: string, name: string): number {
  if (value === undefined || value === null || value === '') throw badRow(place, `${name} is missing`);
  const number =
    typeof value === 'string' && !/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value) ? NaN : Number(value);
  if (typeof value === 'boolean' || typeof value === 'object' || !Number.isFinite(number)) {
    throw badRow(place, `${name} is no number: ${JSON.stringify(String(value)).slice(0, 60)}`);
  }
  return number;
}

/**
 * The signature of a part that can be timed, as `signatureOf` writes it.
 * @throws FastpathError `latency.bad-signature`
 */
export function timedSignature(text: string): string {
  const part = parseSignature(text);
  if (part.kind === 'mbconv' && part.block.shortcut && (part.block.stride !== 1 || part.block.in !== part.block.out)) {
    throw new FastpathError('latency.bad-signature', `${text} has a shortcut between tensors of different shapes`);
  }
  return signatureOf(part);
}

/** Refuses the second row about one thing. */
export class Seen {
  private readonly places = new Map<string, string>();

  add(what: string, place: string, name = what): void {
    const before = this.places.get(what);
    if (before !== undefined) throw badRow(place, `${name} stands on ${before} already: give it once`);
    this.places.set(what, place);
  }
}

/** Counts rows by the reason why they stay out. */
export class Skipped {
  private readonly counts = new Map<string, number>();

  add(reason: string): void {
    this.counts.set(reason, (this.counts.get(reason) ?? 0) + 1);
  }

  list(): ImportedRows['skipped'] {
    return [...this.counts].map(([reason, rows]) => ({ reason, rows }));
  }
}
