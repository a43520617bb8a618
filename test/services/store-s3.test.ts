import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeObjectStore } from '../../shared/store/contract-suite.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';
let server: S3Server;
let stores = 0;

beforeAll(async () => {
  server = await startS3Server();
  const client = new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'contract' }));
});
afterAll(() => server.stop());

const open = (bucket: string, prefix: string, endpoint = server.endpoint) =>
  new S3Store({ bucket, prefix, endpoint, region, credentials });

describeObjectStore('s3', async () => open('contract', `store-${stores++}`));

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
    await expect(absent.get('key')).rejects.toMatchObject({ code: 'store.refused', retry: false });
    await expect(absent.put('key', new Uint8Array(1))).rejects.toThrow(/no-such-bucket.*check the name of the bucket/);
    const nobody = open('contract', 'x', 'http://127.0.0.1:9');
    await expect(nobody.get('key')).rejects.toMatchObject({ code: 'store.unavailable', retry: true });
  });
});
