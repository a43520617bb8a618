/**
 * @file The object store in S3 or a compatible server. Conditions travel as If-Match and If-None-Match, so the server
 * decides between rivals. Failures that may pass (throttling, 5xx, a dropped connection) are flagged for retry.
 */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { FastpathError } from '../errors.ts';
import {
  checkKey,
  missing,
  type ObjectEntry,
  type ObjectStore,
  outOfRange,
  preconditionFailed,
  type StoredObject,
  type WriteCondition,
} from './object-store.ts';
import type { S3Location } from './open.ts';

export interface S3StoreOptions extends S3Location {
  bucket: string;
  /** keys live under `prefix/`; no slash at its end; empty: the whole bucket */
  prefix: string;
  /** absent: the SDK's usual chain (environment, profile, role) */
  credentials?: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
}

/** How often a write that met a concurrent write (409) is sent again before it counts as lost. */
const conflictAttempts = 5;

export class S3Store implements ObjectStore {
  readonly uri: string;
  private readonly client: S3Client;
  private readonly bucket: string;
  private readonly root: string;

  constructor(options: S3StoreOptions) {
    this.bucket = options.bucket;
    this.root = options.prefix === '' ? '' : `${options.prefix}/`;
    this.uri = `s3://${options.bucket}/${options.prefix}`;
    this.client = new S3Client({
      ...(options.region === undefined ? {} : { region: options.region }),
      // Compatible servers rarely answer to bucket.host names.
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    });
  }

  async get(key: string): Promise<StoredObject | null> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: this.path(key) });
    try {
      const reply = await this.client.send(command);
      return { bytes: await reply.Body!.transformToByteArray(), etag: reply.ETag! };
    } catch (error) {
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return null;
      throw this.explain(error, `read ${key}`);
    }
  }

  async getIfChanged(key: string, etag: string | null): Promise<StoredObject | null> {
    if (etag === null) return this.get(key);
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: this.path(key), IfNoneMatch: etag });
    try {
      const reply = await this.client.send(command);
      return { bytes: await reply.Body!.transformToByteArray(), etag: reply.ETag! };
    } catch (error) {
      if (statusOf(error) === 304) return null;
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') throw missing(this.uri, key);
      throw this.explain(error, `read ${key}`);
    }
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array(0);
    const Range = `bytes=${start}-${start + length - 1}`;
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: this.path(key), Range });
    try {
      const reply = await this.client.send(command);
      const bytes = await reply.Body!.transformToByteArray();
      if (bytes.length !== length) throw outOfRange(this.uri, key, start, length);
      return bytes;
    } catch (error) {
      if (error instanceof FastpathError) throw error;
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') throw missing(this.uri, key);
      if (statusOf(error) === 416) throw outOfRange(this.uri, key, start, length);
      throw this.explain(error, `read ${key}`);
    }
  }

  async *getStream(key: string): AsyncIterable<Uint8Array> {
    const command = new GetObjectCommand({ Bucket: this.bucket, Key: this.path(key) });
    try {
      const reply = await this.client.send(command);
      yield* reply.Body as AsyncIterable<Uint8Array>;
    } catch (error) {
      if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') throw missing(this.uri, key);
      throw this.explain(error, `read ${key}`);
    }
  }

  async put(key: string, bytes: Uint8Array, condition?: WriteCondition): Promise<{ etag: string }> {
    const command = new PutObjectCommand({
      Bucket: this.bucket,
      Key: this.path(key),
      Body: bytes,
      ...(condition === undefined
        ? {}
        : 'ifMatch' in condition
          ? { IfMatch: condition.ifMatch }
          : { IfNoneMatch: '*' }),
    });
    for (let attempt = 1; ; attempt++) {
      try {
        return { etag: (await this.client.send(command)).ETag! };
      } catch (error) {
        const status = statusOf(error);
        if (status === 409 && condition !== undefined && attempt < conflictAttempts) continue;
        const lost = status === 412 || status === 409 || (status === 404 && nameOf(error) === 'NoSuchKey');
        if (condition === undefined || !lost) throw this.explain(error, `write ${key}`);
        // An attempt whose reply was lost may have written: then the refusal of the next one is about our own object.
        const sentAgain = attempt > 1 || (error as S3ServiceException).$metadata.attempts !== 1;
        const there = sentAgain ? await this.get(key) : null;
        if (there !== null && Buffer.compare(there.bytes, bytes) === 0) return { etag: there.etag };
        throw preconditionFailed(this.uri, key, condition);
      }
    }
  }

  async *list(prefix: string): AsyncIterable<ObjectEntry> {
    let token: string | undefined;
    do {
      const command = new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: this.root + prefix,
        ...(token === undefined ? {} : { ContinuationToken: token }),
      });
      const reply = await this.client.send(command).catch((error: unknown) => {
        throw this.explain(error, `list ${prefix}`);
      });
      for (const entry of reply.Contents ?? []) {
        // Consoles make empty objects that stand for folders; a directory store has none.
        if (entry.Key!.endsWith('/')) continue;
        yield { key: entry.Key!.slice(this.root.length), size: entry.Size!, etag: entry.ETag! };
      }
      token = reply.NextContinuationToken;
    } while (token !== undefined);
  }

  async delete(key: string): Promise<void> {
    const command = new DeleteObjectCommand({ Bucket: this.bucket, Key: this.path(key) });
    try {
      await this.client.send(command);
    } catch (error) {
      throw this.explain(error, `delete ${key}`);
    }
  }

  private path(key: string): string {
    checkKey(key);
    return this.root + key;
  }

  private explain(error: unknown, what: string): FastpathError {
    const status = statusOf(error);
    const retry = status === undefined ? isConnectionError(error) : status >= 500 || status === 429 || status === 408;
    const hint = retry
      ? 'try again later'
      : nameOf(error) === 'NoSuchBucket'
        ? 'check the name of the bucket'
        : status === 403 || nameOf(error) === 'CredentialsProviderError'
          ? 'check the credentials and their rights on this bucket'
          : 'check the address and region';
    const detail = `${nameOf(error)}${status === undefined ? '' : `, HTTP ${status}`}`;
    return new FastpathError(
      retry ? 'store.unavailable' : 'store.refused',
      `Could not ${what} in ${this.uri} (${detail}): ${hint}.`,
      { retry, cause: error },
    );
  }
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

function nameOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
}

function isConnectionError(error: unknown): boolean {
  return /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|TimeoutError|RequestTimeout|aborted)/.test(
    nameOf(error),
  );
}
