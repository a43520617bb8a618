/**
 * @file Writes objects to S3: small ones in one request, large ones in parts. An answer that is lost on the way makes the
 * client send again, and then a condition refuses our own object: so each write carries a token, and a refused one looks
 * whether the object that stands there is its own.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type S3Client,
  type S3ServiceException,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { backoffMs } from '../backoff.ts';
import type { WriteCondition } from './object-store.ts';
import { nameOf, statusOf } from './s3-errors.ts';

/** Of all parts but the last; S3 wants 5 MiB at least and 10,000 parts at most, so objects of up to 160 GB. */
const partBytes = 16 << 20;
const partsAtOnce = 4;
/** How often a write that met a concurrent write (409) is sent again before it counts as lost. */
const conflictAttempts = 5;

interface Target {
  Bucket: string;
  Key: string;
}

/** The new etag, or null where the condition does not hold. */
export async function writeObject(
  client: S3Client,
  target: Target,
  content: Uint8Array | AsyncIterable<Uint8Array>,
  condition: WriteCondition | undefined,
): Promise<string | null> {
  // Whatever is in memory fits into one request, and compatible servers know conditions best on those.
  if (content instanceof Uint8Array && condition !== undefined) return putWhole(client, target, content, condition);
  const parts = partsOf(content)[Symbol.asyncIterator]();
  const first = await parts.next();
  const second = first.done === true ? first : await parts.next();
  if (second.done === true) return putWhole(client, target, first.value ?? new Uint8Array(0), condition);
  return putParts(client, target, resumed([first.value!, second.value], parts), condition);
}

async function putWhole(
  client: S3Client,
  target: Target,
  bytes: Uint8Array,
  condition: WriteCondition | undefined,
): Promise<string | null> {
  const token = randomUUID();
  const command = new PutObjectCommand({ ...target, Body: bytes, Metadata: { token }, ...headersOf(condition) });
  for (let attempt = 1; ; attempt++) {
    try {
      return (await client.send(command)).ETag!;
    } catch (error) {
      if (condition === undefined || !isRefusal(error)) throw error;
      if (statusOf(error) === 409 && attempt < conflictAttempts) {
        await sleep(backoffMs(attempt, 20, 500));
        continue;
      }
      return attempt > 1 || sentAgain(error) ? ownEtag(client, target, token) : null;
    }
  }
}

async function putParts(
  client: S3Client,
  target: Target,
  parts: AsyncIterable<Uint8Array>,
  condition: WriteCondition | undefined,
): Promise<string | null> {
  const token = randomUUID();
  const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, Metadata: { token } }));
  const upload = { ...target, UploadId: UploadId! };
  try {
    const Parts = await sendParts(client, upload, parts);
    const complete = { ...upload, MultipartUpload: { Parts }, ...headersOf(condition) };
    return (await client.send(new CompleteMultipartUploadCommand(complete))).ETag!;
  } catch (error) {
    const own = sentAgain(error) && /^(404|409|412)$/.test(String(statusOf(error)));
    const etag = own ? await ownEtag(client, target, token) : null;
    if (etag !== null) return etag;
    // Parts without an end are kept, and cost, until someone removes them.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    if (condition !== undefined && isRefusal(error)) return null;
    throw error;
  }
}

async function sendParts(
  client: S3Client,
  upload: Target & { UploadId: string },
  parts: AsyncIterable<Uint8Array>,
): Promise<{ PartNumber: number; ETag: string }[]> {
  const sent: { PartNumber: number; ETag: string }[] = [];
  const underWay = new Set<Promise<void>>();
  let failure = null as { error: unknown } | null;
  const send = async (PartNumber: number, Body: Uint8Array) => {
    const reply = await client.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    sent[PartNumber - 1] = { PartNumber, ETag: reply.ETag! };
  };
  let count = 0;
  try {
    for await (const part of parts) {
      const sending: Promise<void> = send(++count, part)
        .catch((error: unknown) => {
          failure ??= { error };
        })
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size === partsAtOnce) await Promise.race(underWay);
      if (failure !== null) break;
    }
  } finally {
    // An abort must come after the last part, or that part stays behind.
    await Promise.all(underWay);
  }
  if (failure !== null) throw failure.error;
  return sent;
}

/** Cuts content into parts of `partBytes`, the last one shorter. */
async function* partsOf(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  if (content instanceof Uint8Array) {
    for (let at = 0; at < content.length; at += partBytes) yield content.subarray(at, at + partBytes);
    return;
  }
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of explained(content)) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + partBytes - bytes);
      held.push(piece);
      bytes += piece.length;
      at += piece.length;
      if (bytes < partBytes) continue;
      yield Buffer.concat(held);
      held = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(held);
}

/** The sender of the content failed, as `cause` says, and not the store. */
export class ContentFailure extends Error {}

async function* explained(content: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  try {
    yield* content;
  } catch (cause) {
    throw new ContentFailure('the content to be stored broke off', { cause });
  }
}

async function* resumed<T>(read: readonly T[], rest: AsyncIterator<T>): AsyncIterable<T> {
  yield* read;
  yield* { [Symbol.asyncIterator]: () => rest };
}

function headersOf(condition: WriteCondition | undefined): { IfMatch?: string; IfNoneMatch?: string } {
  if (condition === undefined) return {};
  return 'ifMatch' in condition ? { IfMatch: condition.ifMatch } : { IfNoneMatch: '*' };
}

/** If-Match on a key that holds nothing is answered with 404 NoSuchKey. */
function isRefusal(error: unknown): boolean {
  const status = statusOf(error);
  return status === 412 || status === 409 || (status === 404 && nameOf(error) === 'NoSuchKey');
}

function sentAgain(error: unknown): boolean {
  return ((error as S3ServiceException).$metadata?.attempts ?? 1) > 1;
}

async function ownEtag(client: S3Client, target: Target, token: string): Promise<string | null> {
  try {
    const found = await client.send(new HeadObjectCommand(target));
    return found.Metadata?.token === token ? found.ETag! : null;
  } catch (error) {
    if (statusOf(error) === 404) return null;
    throw error;
  }
}
