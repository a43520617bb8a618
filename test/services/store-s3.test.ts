import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeObjectStore } from '../../shared/store/contract-suite.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { type BreakingLine, startBreakingLine } from './breaking-line.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';
let server: S3Server;
let line: BreakingLine;
let stores = 0;

beforeAll(async () => {
  server = await startS3Server();
  const client = new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'contract' }));
  line = await startBreakingLine(server.endpoint, 3);
});
afterAll(async () => {
  line.stop();
  await server.stop();
});

const open = (bucket: string, prefix: string, endpoint = server.endpoint) =>
  new S3Store({ bucket, prefix, endpoint, region, credentials });

describeObjectStore('s3', async () => open('contract', `store-${stores++}`));
describeObjectStore('s3 over a line that breaks', async () => open('contract', `store-${stores++}`, line.endpoint));

describe('s3 store', () => {
  it('pages through more keys than one reply holds, and keeps to its prefix', async () => {
    const store = open('contract', 'paged');
    await open('contract', 'paged-neighbour').put('not-mine', new Uint8Array(1));
    for (let i = 0; i < 1030; i++) await store.put(`k${String(i).padStart(5, '0')}`, new Uint8Array(1));
    const keys: string[] = [];
    for await (const entry of store.list('')) keys.push(entry.key);
    expect(keys.length).toBe(1030);
    expect(keys[1029]).toBe('k01029');
  });

  it('says which bucket is missing, and flags only what may pass for retry', async () => {
    const absent = open('no-such-bucket', 'x');
    await expect(absent.get('key')).rejects.toMatchObject({ code: 'store.no-bucket', retry: false });
    await expect(absent.put('key', new Uint8Array(1))).rejects.toThrow(
      /no-such-bucket.*there is no such bucket: check its name/,
    );
    const nobody = open('contract', 'x', 'http://127.0.0.1:9');
    await expect(nobody.get('key')).rejects.toMatchObject({ code: 'store.unavailable', retry: true });
  });

  it('met a line that broke, all through the contract', () => {
    expect(line.failures).toBeGreaterThan(30);
  });

  it('signs the size of an upload, the file name of a download and the time of both', async () => {
    const store = open('contract', 'links');
    const put = new URL((await store.link('a', { method: 'PUT', expiresInSeconds: 90, sizeBytes: 5 })).url);
    expect(put.searchParams.get('X-Amz-SignedHeaders')).toBe('content-length;host');
    expect(put.searchParams.get('X-Amz-Expires')).toBe('90');
    // A checksum of the SDK's own would be one of the empty body that it signs for.
    expect([...put.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
    const get = new URL((await store.link('a', { method: 'GET', expiresInSeconds: 90, fileName: 'w.bin' })).url);
    expect(get.searchParams.get('response-content-disposition')).toMatch(/^attachment; filename="w.bin"/);
  });

  it('leaves no parts behind where an upload breaks off', async () => {
    async function* broken() {
      yield new Uint8Array(40_000_000);
      throw new Error('gone');
    }
    await expect(open('contract', 'parts').put('x', broken())).rejects.toThrow('gone');
    const client = new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
    // Where the answer to its start is lost, an upload has no known name: a rule of the bucket has to end those.
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'contract', Prefix: 'parts/' }));
    expect(Uploads ?? []).toEqual([]);
  });

  it('ends uploads whose writer died: with their folder, and others once they are old', async () => {
    const client = new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
    const begin = (Key: string) => client.send(new CreateMultipartUploadCommand({ Bucket: 'contract', Key }));
    const left = async () => {
      const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: 'contract', Prefix: 'died' }));
      return (Uploads ?? []).map(({ Key }) => Key!).sort();
    };
    for (const key of ['died/tenants/a/x', 'died/tenants/a/y', 'died/tenants/ab/x', 'died-not/x']) await begin(key);
    const store = open('contract', 'died');
    await store.deletePrefix('tenants/a/');
    expect(await left()).toEqual(['died-not/x', 'died/tenants/ab/x']);
    await store.removeAbandoned(new Date(0));
    expect(await left()).toEqual(['died-not/x', 'died/tenants/ab/x']);
    await store.removeAbandoned(new Date(Date.now() + 60_000));
    expect(await left()).toEqual(['died-not/x']);
  });
});
