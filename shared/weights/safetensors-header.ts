/** @file The JSON header of a safetensors file, read without trusting it: names, types, shapes and byte ranges. */
import { FastpathError } from '../errors.ts';
import { bytesPerElement, type Dtype } from './tensor.ts';

export interface HeaderEntry {
  dtype: Dtype;
  shape: number[];
  /** first byte and byte after the last, counted from the end of the header */
  data_offsets: [number, number];
}

const invalid = (what: string): FastpathError =>
  new FastpathError('weights.invalid', `not a valid safetensors file: ${what}`);

/**
 * Parses the header's bytes. Byte ranges are checked for form here, against the file by the caller.
 * @throws FastpathError `weights.invalid`
 */
export function parseHeader(bytes: Uint8Array): {
  entries: Map<string, HeaderEntry>;
  metadata: Record<string, string>;
} {
  if (bytes[0] !== 0x7b) throw invalid('its header does not begin with {');
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch (cause) {
    throw new FastpathError('weights.invalid', 'not a valid safetensors file: its header is not JSON', { cause });
  }
  const members = Object.entries(header as object);
  if (members.length !== countMembers(text)) throw invalid('its header names a tensor twice');

  const entries = new Map<string, HeaderEntry>();
  let metadata: Record<string, string> = {};
  for (const [name, value] of members) {
    if (name === '__metadata__') metadata = readMetadata(value);
    else entries.set(name, readEntry(name, value));
  }
  return { entries, metadata };
}

/** Members of the outermost object of valid JSON text; JSON.parse keeps only the last of equal names. */
function countMembers(text: string): number {
  let depth = 0;
  let colons = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth++;
    else if (char === '}' || char === ']') depth--;
    else if (char === ':' && depth === 1) colons++;
  }
  return colons;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function readMetadata(value: unknown): Record<string, string> {
  if (!isObject(value)) throw invalid('__metadata__ is not an object');
  for (const [key, member] of Object.entries(value))
    if (typeof member !== 'string') throw invalid(`__metadata__ ${JSON.stringify(key)} is not a string`);
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown): HeaderEntry {
  const label = `tensor ${JSON.stringify(name)}`;
  if (!isObject(value)) throw invalid(`${label} is not an object`);
  const { dtype, shape, data_offsets, ...rest } = value;
  if (Object.keys(rest).length > 0) throw invalid(`${label} has the unknown field ${Object.keys(rest)[0]}`);
  if (typeof dtype !== 'string' || !Object.hasOwn(bytesPerElement, dtype))
    throw invalid(
      `${label} has type ${String(dtype)}; convert it to one of ${Object.keys(bytesPerElement).join(', ')}`,
    );
  if (!Array.isArray(shape) || !shape.every(isSize)) throw invalid(`${label} has a malformed shape`);
  if (!Array.isArray(data_offsets) || data_offsets.length !== 2 || !data_offsets.every(isSize))
    throw invalid(`${label} has malformed data_offsets`);
  const [begin, end] = data_offsets as [number, number];
  if (begin > end) throw invalid(`${label} ends before it begins`);
  return { dtype: dtype as Dtype, shape, data_offsets: [begin, end] };
}
