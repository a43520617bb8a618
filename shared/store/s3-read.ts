/**
 * @file Reads bodies from S3 over lines that break. The client sends a request again when it fails before its reply
 * begins; a body that breaks off is continued here, from the byte it has come to and only in the same version.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GetObjectCommand, type GetObjectCommandInput, type S3Client } from '@aws-sdk/client-s3';
import { backoffMs } from '../backoff.ts';
import { FastpathError } from '../errors.ts';
import { isConnectionError, statusOf } from './s3-errors.ts';

/** How often in a row a body may break off without a byte of progress. */
const maxBreaks = 4;
const firstWaitMs = 50;
const longestWaitMs = 2000;

export interface S3Body {
  etag: string;
  chunks: AsyncIterable<Uint8Array>;
}

/**
 * The body of an object or of the range that `input` names, as chunks; the request is sent before this resolves.
 * @param start the first byte that `input` asks for
 * @param end the byte behind the last that it asks for; null: the object's end
 */
export async function readBody(
  client: S3Client,
  input: GetObjectCommandInput,
  start = 0,
  end: number | null = null,
): Promise<S3Body> {
  const first = await client.send(new GetObjectCommand(input));
  const stop = start + (first.ContentLength ?? Number.POSITIVE_INFINITY);
  async function* chunks(): AsyncIterable<Uint8Array> {
    let body = first.Body as AsyncIterable<Uint8Array>;
    for (let at = start, breaks = 0; ; ) {
      try {
        for await (const chunk of body) {
          at += chunk.length;
          breaks = 0;
          yield chunk;
        }
        return;
      } catch (error) {
        if (!isConnectionError(error) || breaks === maxBreaks) throw error;
        if (at === stop) return;
      }
      await sleep(backoffMs(++breaks, firstWaitMs, longestWaitMs));
      body = await again(at);
    }
  }
  async function again(at: number): Promise<AsyncIterable<Uint8Array>> {
    const { IfNoneMatch: _, ...rest } = input;
    const Range = `bytes=${at}-${end === null ? '' : end - 1}`;
    try {
      const reply = await client.send(new GetObjectCommand({ ...rest, Range, IfMatch: first.ETag! }));
      return reply.Body as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (statusOf(error) !== 412 && statusOf(error) !== 404) throw error;
      const message = `${input.Key} in ${input.Bucket} was replaced while it was read: read it again.`;
      throw new FastpathError('store.changed', message, { retry: true, cause: error });
    }
  }
  return { etag: first.ETag!, chunks: chunks() };
}

export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all);
}
