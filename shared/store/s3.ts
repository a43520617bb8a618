/**
 * @file The object store in S3 or a compatible server. Conditions travel as If-Match and If-None-Match, so the server
 * decides between rivals. What may pass (throttling, 5xx, a dropped connection) is tried again after random waits that
 * grow, and flagged for retry when it does not pass.
 */
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectsV2Command,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { FastpathError } from '../errors.ts';
import {
  checkFolder,
  checkKey,
  type Link,
  type LinkRequest,
  missing,
  type ObjectEntry,
  type ObjectStore,
  outOfRange,
  preconditionFailed,
  type StoredObject,
  type WriteCondition,
} from './object-store.ts';
import type { S3Location } from './open.ts';
import { explainS3, isMissingKey, statusOf } from './s3-errors.ts';
import { s3Link } from './s3-link.ts';
import { RangeReader } from './s3-ranges.ts';
import { collect, readBody } from './s3-read.ts';
import { ContentFailure, writeObject } from './s3-write.ts';

export interface S3Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

export interface S3StoreOptions extends Omit<S3Location, 'role' | 'session'> {
  bucket: string;
  /** keys live under `prefix/`; no slash at its end; empty: the whole bucket */
  prefix: string;
  /** absent: the SDK's usual chain (environment, profile, role) */
  credentials?: S3Credentials | (() => Promise<S3Credentials>);
}

/** Of one request; the waits between them are random, up to a bound that doubles. */
const attempts = 5;
/** What one DeleteObjects takes. */
const deletesAtOnce = 1000;

export class S3Store implements ObjectStore {
  readonly uri: string;
  private readonly client: S3Client;
  private readonly signer: S3Client;
  private readonly ranges: RangeReader;
  private readonly bucket: string;
  private readonly root: string;

  constructor(options: S3StoreOptions) {
    this.bucket = options.bucket;
    this.root = options.prefix === '' ? '' : `${options.prefix}/`;
    this.uri = `s3://${options.bucket}/${options.prefix}`;
    const config: S3ClientConfig = {
      maxAttempts: attempts,
      retryMode: 'standard',
      requestHandler: { connectionTimeout: 5000, socketTimeout: 60_000 },
      ...(options.region === undefined ? {} : { region: options.region }),
      // Compatible servers rarely answer to bucket.host names.
      ...(options.endpoint === undefined ? {} : { endpoint: options.endpoint, forcePathStyle: true }),
      ...(options.credentials === undefined ? {} : { credentials: options.credentials }),
    };
    this.client = new S3Client(config);
    // By default a presigned upload would carry the checksum of the empty body that is there when it is signed.
    this.signer = new S3Client({ ...config, requestChecksumCalculation: 'WHEN_REQUIRED' });
    this.ranges = new RangeReader(this.signer);
  }

  async get(key: string): Promise<StoredObject | null> {
    try {
      return await this.read(key);
    } catch (error) {
      if (await this.isMissing(error, key)) return null;
      throw this.explain(error, `read ${key}`);
    }
  }

  async getIfChanged(key: string, etag: string | null): Promise<StoredObject | null> {
    if (etag === null) return this.get(key);
    try {
      return await this.read(key, etag);
    } catch (error) {
      if (statusOf(error) === 304) return null;
      if (await this.isMissing(error, key)) throw missing(this.uri, key);
      throw this.explain(error, `read ${key}`);
    }
  }

  async getRange(key: string, start: number, length: number): Promise<Uint8Array> {
    const target = this.target(key);
    if (length === 0) return new Uint8Array(0);
    const quick = await this.ranges.read(target, start, length);
    if (quick !== null) return quick;
    const end = start + length;
    try {
      const { chunks } = await readBody(this.client, { ...target, Range: `bytes=${start}-${end - 1}` }, start, end);
      const bytes = await collect(chunks);
      if (bytes.length !== length) throw outOfRange(this.uri, key, start, length);
      return bytes;
    } catch (error) {
      if (await this.isMissing(error, key)) throw missing(this.uri, key);
      if (statusOf(error) === 416) throw outOfRange(this.uri, key, start, length);
      throw this.explain(error, `read ${key}`);
    }
  }

  async *getStream(key: string): AsyncIterable<Uint8Array> {
    try {
      yield* (await readBody(this.client, this.target(key))).chunks;
    } catch (error) {
      if (await this.isMissing(error, key)) throw missing(this.uri, key);
      throw this.explain(error, `read ${key}`);
    }
  }

  async put(
    key: string,
    content: Uint8Array | AsyncIterable<Uint8Array>,
    condition?: WriteCondition,
  ): Promise<{ etag: string }> {
    const target = this.target(key);
    const etag = await writeObject(this.client, target, content, condition).catch((error: unknown) => {
      throw error instanceof ContentFailure ? error.cause : this.explain(error, `write ${key}`);
    });
    if (etag === null) throw preconditionFailed(this.uri, key, condition!);
    return { etag };
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
    const command = new DeleteObjectCommand(this.target(key));
    try {
      await this.client.send(command);
    } catch (error) {
      throw this.explain(error, `delete ${key}`);
    }
  }

  async deletePrefix(prefix: string): Promise<void> {
    checkFolder(prefix);
    // Each page is deleted before the next is asked for: what is listed first is then always what is left.
    for (;;) {
      const keys: string[] = [];
      const command = new ListObjectsV2Command({
        Bucket: this.bucket,
        Prefix: this.root + prefix,
        MaxKeys: deletesAtOnce,
      });
      const what = `delete ${prefix}`;
      try {
        for (const { Key } of (await this.client.send(command)).Contents ?? []) keys.push(Key!);
        if (keys.length === 0) return await this.abortUploads(prefix, null);
        const Delete = { Objects: keys.map((Key) => ({ Key })), Quiet: true };
        const { Errors } = await this.client.send(new DeleteObjectsCommand({ Bucket: this.bucket, Delete }));
        const [failed] = Errors ?? [];
        if (failed === undefined) continue;
        const message = `Could not ${what} in ${this.uri} (${failed.Key}: ${failed.Code}): check the rights on this bucket.`;
        throw new FastpathError('store.refused', message);
      } catch (error) {
        throw this.explain(error, what);
      }
    }
  }

  async removeAbandoned(before: Date): Promise<void> {
    try {
      await this.abortUploads('', before);
    } catch (error) {
      throw this.explain(error, 'remove broken uploads');
    }
  }

  /** Parts without an end are kept, and cost. @param before only those begun before; null: all */
  private async abortUploads(prefix: string, before: Date | null): Promise<void> {
    const target = { Bucket: this.bucket, Prefix: this.root + prefix };
    let from: { KeyMarker?: string; UploadIdMarker?: string } | null = {};
    while (from !== null) {
      const page: ListMultipartUploadsCommandOutput = await this.client.send(
        new ListMultipartUploadsCommand({ ...target, ...from }),
      );
      for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
        if (before !== null && Initiated! >= before) continue;
        const upload = { Bucket: this.bucket, Key: Key!, UploadId: UploadId! };
        await this.client.send(new AbortMultipartUploadCommand(upload)).catch((error: unknown) => {
          // Ended meanwhile.
          if (statusOf(error) !== 404) throw error;
        });
      }
      from = page.IsTruncated ? { KeyMarker: page.NextKeyMarker!, UploadIdMarker: page.NextUploadIdMarker! } : null;
    }
  }

  link(key: string, request: LinkRequest): Promise<Link> {
    return s3Link(this.signer, this.target(key), request);
  }

  private async read(key: string, unlessEtag?: string): Promise<StoredObject> {
    const condition = unlessEtag === undefined ? {} : { IfNoneMatch: unlessEtag };
    for (let attempt = 1; ; attempt++) {
      try {
        const { etag, chunks } = await readBody(this.client, { ...this.target(key), ...condition });
        return { bytes: await collect(chunks), etag };
      } catch (error) {
        // Replaced while the body was broken off: the new version is as good an answer.
        if (!(error instanceof FastpathError) || attempt === attempts) throw error;
      }
    }
  }

  /**
   * Whether the key holds nothing. Who may list a part of the bucket only, as jobs do, is told "denied" where others are
   * told "not found"; the list then knows.
   */
  private async isMissing(error: unknown, key: string): Promise<boolean> {
    if (isMissingKey(error)) return true;
    if (statusOf(error) !== 403) return false;
    const Prefix = this.root + key;
    try {
      const command = new ListObjectsV2Command({ Bucket: this.bucket, Prefix, MaxKeys: 1 });
      return (await this.client.send(command)).Contents?.[0]?.Key !== Prefix;
    } catch {
      return false;
    }
  }

  private target(key: string): { Bucket: string; Key: string } {
    checkKey(key);
    return { Bucket: this.bucket, Key: this.root + key };
  }

  private explain(error: unknown, what: string): unknown {
    if (error instanceof FastpathError) return error;
    return explainS3(error, what, this.uri);
  }
}
