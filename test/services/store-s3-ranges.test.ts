/** @file Many small ranges, as shards are read: right over a line that breaks, and what is wrong is said as ever. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { type BreakingLine, startBreakingLine } from './breaking-line.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';
const shard = Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 7) ^ (i >> 8));
let server: S3Server;
let line: BreakingLine;

beforeAll(async () => {
  server = await startS3Server();
  const client = new S3Client({ endpoint: server.endpoint, region, credentials, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'ranges' }));
  await at(server.endpoint).put('train-0000.tar', shard);
  line = await startBreakingLine(server.endpoint, 5);
});
afterAll(async () => {
  line.stop();
  await server.stop();
});

const at = (endpoint: string, given: typeof credentials | (() => Promise<typeof credentials>) = credentials) =>
  new S3Store({ bucket: 'ranges', prefix: 'data', endpoint, region, credentials: given });

/** @param count of ranges read, ten at a time */
async function readMany(store: S3Store, count: number): Promise<void> {
  const random = Random.named(1, 'ranges');
  for (let i = 0; i < count; i += 10) {
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        const start = random.below(shard.length);
        const length = 1 + random.below(Math.min(60_000, shard.length - start));
        const bytes = await store.getRange('train-0000.tar', start, length);
        expect(Buffer.from(bytes).equals(shard.subarray(start, start + length))).toBe(true);
      }),
    );
  }
}

it('brings every byte over a line that refuses, loses answers and breaks off in the middle of objects', async () => {
  const before = line.failures;
  await readMany(at(line.endpoint), 400);
  expect(line.failures - before).toBeGreaterThan(40);
});

it('signs one address for many ranges', async () => {
  let asked = 0;
  const store = at(server.endpoint, async () => {
    asked++;
    return credentials;
  });
  await readMany(store, 50);
  expect(asked).toBe(1);
});

it('signs another address where one is refused, and meanwhile asks the client', async () => {
  const { endpoint, asked, stop } = await answering((number) => (number === 1 ? [403, 0] : [206, 10]));
  const store = at(endpoint);
  for (let i = 0; i < 3; i++) expect((await store.getRange('x', 0, 10)).length).toBe(10);
  expect(asked).toEqual(['address', 'client', 'address', 'address']);
  stop();
});

it('asks the client where the answer is not the range: it knows what is wrong', async () => {
  const store = at(server.endpoint);
  await expect(store.getRange('absent', 0, 9)).rejects.toMatchObject({ code: 'store.missing' });
  await expect(store.getRange('train-0000.tar', shard.length - 5, 9)).rejects.toMatchObject({ code: 'store.range' });
  expect((await store.getRange('train-0000.tar', shard.length - 5, 5)).length).toBe(5);
});

it('refuses bytes beyond those asked for, and does not wait for a server that is gone', async () => {
  const { endpoint, asked, stop } = await answering(() => [206, 20]);
  const store = at(endpoint);
  await expect(store.getRange('x', 0, 10)).rejects.toMatchObject({ code: 'store.range' });
  expect(asked).toEqual(['address', 'client']);
  stop();
  await expect(store.getRange('x', 0, 10)).rejects.toMatchObject({ code: 'store.unavailable', retry: true });
});

/** A server that answers its requests, counted from 1, with a status and so many bytes, and notes how each was signed. */
async function answering(answer: (number: number) => [status: number, length: number]) {
  const asked: ('address' | 'client')[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!.includes('X-Amz-Signature') ? 'address' : 'client');
    const [status, length] = answer(asked.length);
    response.writeHead(status, { etag: '"1"', 'content-length': length });
    response.end(Buffer.alloc(length));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { endpoint, asked, stop };
}
