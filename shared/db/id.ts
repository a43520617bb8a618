/** @file Names of rows: `{prefix}_{26 characters}`, 48 bits of time and 80 of chance as in a ULID, so that ids sort by age. */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../clock.ts';

/** Crockford's base 32 without i, l, o, u: sorts like its numbers, in any collation. */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export const idPrefixes = {
  tenant: 'tn',
  key: 'key',
  dataSet: 'ds',
  order: 'ord',
  search: 'srch',
  webhook: 'wh',
  delivery: 'whd',
  measurementSession: 'ms',
} as const;

export type IdPrefix = (typeof idPrefixes)[keyof typeof idPrefixes];

export function newId(prefix: IdPrefix, clock: Clock): string {
  let bits = (BigInt(clock.now().getTime()) << 80n) | BigInt(`0x${randomBytes(10).toString('hex')}`);
  let text = '';
  for (let i = 0; i < 26; i++) {
    text = alphabet[Number(bits & 31n)] + text;
    bits >>= 5n;
  }
  return `${prefix}_${text}`;
}

/** When an id was made, or null where it is none. */
export function timeOfId(id: string): Date | null {
  const digits = /^[a-z]+_([0-9a-hjkmnp-tv-z]{26})$/.exec(id)?.[1];
  if (digits === undefined) return null;
  const bits = [...digits].reduce((sum, digit) => (sum << 5n) | BigInt(alphabet.indexOf(digit)), 0n);
  return new Date(Number(bits >> 80n));
}
