/** @file Reads the JSON files that a command names. */
import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import { architectureOfPublished, isPublishedConfiguration } from '../../shared/architecture/published.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { SearchSpace } from '../../shared/contract/space.ts';
import { FastpathError } from '../../shared/errors.ts';
import { builtInSpaces, findSpace } from '../../shared/space/built-in.ts';
import { parseSpace } from '../../shared/space/parse.ts';
import { readFailure } from './read-failure.ts';

/**
 * The JSON in `file`.
 * @throws FastpathError `file.missing`, `file.unreadable`, `file.not-json`
 */
export async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw readFailure(file, cause);
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new FastpathError('file.not-json', `${file} is not JSON: ${reason}`, { cause });
  }
}

/**
 * What lies in `file` by that schema; null where there is no such file.
 * @param advice what to do about a file of another kind or version
 * @throws FastpathError `file.unreadable`, `file.not-json`, `file.version` with the advice
 */
export async function readOptional<T>(file: string, schema: z.ZodType<T>, advice: string): Promise<T | null> {
  const json = await readJson(file).catch((error: unknown) => {
    if (error instanceof FastpathError && error.code === 'file.missing') return undefined;
    throw error;
  });
  if (json === undefined) return null;
  const { data } = schema.safeParse(json);
  if (data !== undefined) return data;
  throw new FastpathError('file.version', `${file} is not as this version of Fastpath writes it: ${advice}`);
}

/**
 * The architecture in `file`, which may also be the configuration of a published network.
 * @throws FastpathError as `readJson`, `parseArchitecture` and `architectureOfPublished` do, the file named
 */
export async function readArchitecture(file: string): Promise<Architecture> {
  const json = await readJson(file);
  return inFile(file, isPublishedConfiguration(json) ? architectureOfPublished : parseArchitecture, json);
}

/** Whether a file holds an ONNX model, by its name. */
export function isOnnxFile(file: string): boolean {
  return /\.onnx$/i.test(file);
}

/** The bytes of a file. @throws FastpathError `file.missing`, `file.unreadable` */
export async function readBytes(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause) => {
    throw readFailure(file, cause);
  });
}

/**
 * The built-in space of that name, or the one in that JSON file.
 * @throws FastpathError `space.unknown`, or as `readJson` and `parseSpace` do
 */
export async function readSpace(text: string): Promise<SearchSpace> {
  if (Object.hasOwn(builtInSpaces, text) || !/[./\\]/.test(text)) return findSpace(text);
  return inFile(text, parseSpace, await readJson(text));
}

/** `parse(content)`, with the file's name before the line of what does not fit. */
export function inFile<T, C>(file: string, parse: (content: C) => T, content: C): T {
  try {
    return parse(content);
  } catch (cause) {
    if (!(cause instanceof FastpathError)) throw cause;
    throw new FastpathError(cause.code, `${file}: ${cause.message}`, { cause });
  }
}
