/** @file Reads the values of flags. What does not fit becomes commander's one line that names the flag. */
import { InvalidArgumentError } from 'commander';
import { parseInputDims } from '../../shared/contract/onnx-query.ts';

export function positive(text: string): number {
  const value = number(text);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a number over 0.');
}

export function fromZero(text: string): number {
  const value = number(text);
  if (value >= 0) return value;
  throw new InvalidArgumentError('It must be a number, 0 or more.');
}

export function share(text: string): number {
  const value = number(text);
  if (value >= 0 && value < 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to under 1.');
}

/** `2,0.5` */
export function randAugment(text: string): { operations: number; magnitude: number } {
  const [operations = Number.NaN, magnitude = Number.NaN, ...rest] = text.split(',').map(number);
  const fits = Number.isSafeInteger(operations) && operations > 0 && magnitude >= 0 && magnitude <= 1;
  if (fits && rest.length === 0) return { operations, magnitude };
  throw new InvalidArgumentError('It must be a whole number over 0, a comma, and a number from 0 to 1.');
}

/** `1x3x224x224` */
export function inputDims(text: string): number[] {
  try {
    return parseInputDims(text);
  } catch {
    throw new InvalidArgumentError('It must be dimensions such as 1x3x224x224.');
  }
}

export function wholePositive(text: string): number {
  const value = number(text);
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It must be a whole number over 0.');
}

export function wholeFromZero(text: string): number {
  const value = number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a whole number, 0 or more.');
}

/** Seeds are 32 bits wide. */
export function seed(text: string): number {
  const value = number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  throw new InvalidArgumentError('A seed is a whole number from 0 to 4294967295.');
}

/** `0,1,2` */
export function seedList(text: string): number[] {
  return text.split(',').map((one) => seed(one.trim()));
}

/** `k7,e6` → `['k7', 'e6']`; a repeated flag adds to the list. */
export function commaList(text: string, before: string[] = []): string[] {
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw new InvalidArgumentError('It must be names with commas between them.');
  return [...before, ...items];
}

/** Collects a flag that may be given several times. */
export function repeated<T>(read: (text: string) => T): (text: string, before?: T[]) => T[] {
  return (text, before = []) => [...before, read(text)];
}

/** Number('') is 0 and Number('0x10') is 16: a flag's number is decimal digits, nothing else. */
function number(text: string): number {
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) throw new InvalidArgumentError('It is not a number.');
  const value = Number(text);
  if (!Number.isFinite(value)) throw new InvalidArgumentError('It is too large.');
  return value;
}
