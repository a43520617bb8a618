/** @file What the feed and its thread say to each other: plain data, and errors as plain data. */

import type { DataSetFacts } from '../../shared/data/data-set.ts';
import type { OpenDataOptions } from '../../shared/data/open-data.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { BatchOptions, MadeBatch } from './batch-maker.ts';

/** What the thread starts with; its first reply is the data set's facts, under call 0. */
export interface FeedStart {
  uri: string;
  options: OpenDataOptions;
  /** compiled code that decodes images by TensorFlow, or null */
  imageAddon: string | null;
}

/** The first of each loader gives its options. */
export type FeedRequest =
  | { kind: 'open'; loader: number; options: BatchOptions }
  | { kind: 'make'; call: number; loader: number; position: number }
  | { kind: 'recycle'; loader: number; images: Float32Array }
  | { kind: 'close'; call: number; loader: number };

export type FeedReply = { call: number } & ({ value: DataSetFacts | MadeBatch | null } | { error: SentError });

/** An error on its way between threads, which would lose its class and its fields. */
export interface SentError {
  name: string;
  message: string;
  stack: string | undefined;
  /** of a FastpathError */
  fastpath: { code: string; retry: boolean } | null;
}

export function sentError(thrown: unknown): SentError {
  const { name, message, stack } = thrown instanceof Error ? thrown : new Error(String(thrown));
  const fastpath = thrown instanceof FastpathError ? { code: thrown.code, retry: thrown.retry } : null;
  return { name, message, stack, fastpath };
}

/** The error as it was thrown, with the stack of the thread that threw it. */
export function receivedError({ name, message, stack, fastpath }: SentError): Error {
  const error = fastpath
    ? new FastpathError(fastpath.code, message, { retry: fastpath.retry })
    : Object.defineProperty(new Error(message), 'name', { value: name });
  return Object.defineProperty(error, 'stack', { value: stack });
}
