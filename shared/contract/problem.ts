/** @file Turns the first problem zod found into one readable line. */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

const shownCharacters = 40;

/** a field's name, or a place in an array from 0 */
export type Key = string | number;

/**
 * The first problem of a failed parse of `json`, in one line: what was read, where in it, what is wrong.
 * E.g. `search space: stage 2: candidate 3: kernel must be 3, 5 or 7, not 4`. Places count from 1.
 */
export function firstProblem(subject: string, error: z.ZodError, json: unknown): string {
  const issue = error.issues[0]!;
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code === 'unrecognized_keys')
    return problemLine(subject, [...path, issue.keys[0]!], 'is not a known field');
  const found = valueAt(json, path);
  if (found === undefined) return problemLine(subject, path, 'is missing');
  const longArray = issue.code === 'too_big' && Array.isArray(found);
  return problemLine(subject, path, `${expectation(issue)}, not ${longArray ? found.length : shown(found)}`);
}

/** One line: what was read, the place in it, what is wrong there, e.g. `is missing`. */
export function problemLine(subject: string, path: readonly Key[], problem: string): string {
  return path.length === 0 ? `${subject} ${problem}` : `${subject}: ${placeOf(path)} ${problem}`;
}

/** `['stages', 1, 'width']` is `stage 2: width`; `['head', 'channels']` is `head.channels`. */
function placeOf(path: readonly Key[]): string {
  return path.reduce<string>((place, key, i) => {
    if (typeof key === 'number') return `${place.replace(/s$/, '')} ${key + 1}`;
    if (i === 0) return key;
    return typeof path[i - 1] === 'number' ? `${place}: ${key}` : `${place}.${key}`;
  }, '');
}

function expectation(issue: Issue): string {
  const allowed = allowedValues(issue);
  if (allowed.length > 0) return `must be ${oneOf(allowed.map((value) => String(value)))}`;
  if (issue.code === 'invalid_type') return `must be ${articled(issue.expected)}`;
  if (issue.code === 'too_small' && issue.origin === 'string') return `must have at least ${issue.minimum} characters`;
  if (issue.code === 'too_big' && issue.origin === 'string') return `must have at most ${issue.maximum} characters`;
  if (issue.code === 'too_big' && issue.origin === 'array') return `must hold at most ${issue.maximum}`;
  if (issue.code === 'too_small' && issue.origin === 'array') return `must hold at least ${issue.minimum}`;
  if (issue.code === 'too_small') return `must be ${issue.inclusive ? 'at least' : 'more than'} ${issue.minimum}`;
  if (issue.code === 'too_big') return `must be ${issue.inclusive ? 'at most' : 'less than'} ${issue.maximum}`;
  if (issue.code === 'invalid_format' && issue.format === 'regex') return `must match ${issue.pattern}`;
  return `does not fit (${issue.message})`;
}

function allowedValues(issue: Issue): unknown[] {
  if (issue.code === 'invalid_value') return issue.values;
  if (issue.code === 'invalid_union') {
    // A discriminated union names its options here, which zod's types leave out.
    if ('options' in issue && Array.isArray(issue.options)) return issue.options;
    return issue.errors.flatMap((issues) => issues.flatMap((inner) => allowedValues(inner)));
  }
  return [];
}

function articled(type: string): string {
  if (type === 'int') return 'a whole number';
  return `${/^[aeio]/.test(type) ? 'an' : 'a'} ${type}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function oneOf(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} or ${items.at(-1)}`;
}

function valueAt(json: unknown, path: readonly Key[]): unknown {
  let value = json;
  for (const key of path) value = (value as Record<Key, unknown> | null | undefined)?.[key];
  return value;
}

/** A value in at most 40 characters. */
export function shown(value: unknown): string {
  const text = written(value, shownCharacters);
  return text.length > shownCharacters ? `${text.slice(0, shownCharacters - 3)}...` : text;
}

/** The beginning of the JSON, at least `room` characters of it: whoever sends megabytes, or brackets a million deep, gets no more. */
function written(value: unknown, room: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, shownCharacters));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? String(value);
  if (room <= 0) return '';
  const list = Array.isArray(value);
  let text = list ? '[' : '{';
  for (const [key, item] of Object.entries(value)) {
    if (text.length > 1) text += ',';
    if (!list) text += `${JSON.stringify(key)}:`;
    text += written(item, room - text.length);
    if (text.length > room) return text;
  }
  return text + (list ? ']' : '}');
}
