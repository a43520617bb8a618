/** @file What an API key looks like: `fp_` and 32 random bytes in base 62. Only its SHA-256 is kept. */
import { createHash, randomBytes } from 'node:crypto';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 62^43 > 2^256. */
const digits = 43;
/** Of the whole key; shown in lists, and what a key is looked up by. */
const prefixCharacters = 11;

export function newKeyText(): string {
  return newSecret('fp');
}

/** 32 random bytes behind a prefix that tells what they open. */
export function newSecret(prefix: string): string {
  let bits = BigInt(`0x${randomBytes(32).toString('hex')}`);
  let text = '';
  for (let i = 0; i < digits; i++) {
    text = alphabet[Number(bits % 62n)] + text;
    bits /= 62n;
  }
  return `${prefix}_${text}`;
}

export function isKeyText(text: string): boolean {
  return /^fp_[0-9A-Za-z]{43}$/.test(text);
}

export function prefixOf(key: string): string {
  return key.slice(0, prefixCharacters);
}

/** As hex. */
export function sha256Of(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
