/** @file Reads the JSON files that a command names. */
import { readFile } from 'node:fs/promises';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { FastpathError } from '../../shared/errors.ts';

/**
 * The JSON in `file`.
 * @throws FastpathError `file.missing`, `file.unreadable`, `file.not-json`
 */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new FastpathError('file.missing', `there is no file ${file}`, { cause });
    throw new FastpathError('file.unreadable', `cannot read ${file}: ${cause.code ?? cause.message}`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new FastpathError('file.not-json', `${file} is not JSON: ${reason}`, { cause });
  }
}

/**
 * The architecture in `file`.
 * @throws FastpathError as `readJson` and `parseArchitecture` do, the file named
 */
export async function readArchitecture(file: string): Promise<Architecture> {
  return inFile(file, parseArchitecture, await readJson(file));
}

/** `parse(json)`, with the file's name before the line of what does not fit. */
export function inFile<T>(file: string, parse: (json: unknown) => T, json: unknown): T {
  try {
    return parse(json);
  } catch (cause) {
    if (!(cause instanceof FastpathError)) throw cause;
    throw new FastpathError(cause.code, `${file}: ${cause.message}`, { cause });
  }
}
