/**
 * @file What can be wrong with the images of a job: each gets one clear line in the job's progress, from where the
 * search's reason is taken, and an exit code that says whether another attempt helps.
 */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureReason, isCustomersFault } from '../../functions/service/searches/reason.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { packDataSet } from '../../shared/data/pack/pack-data-set.ts';
import { tryAgainExitCode } from '../../shared/queue/job-queue.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { openStore } from '../../shared/store/open.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { WorkerRun } from '../fault/worker-run.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
let root: string;
let server: S3Server;
let front: Server;
let endpoint: string;
let shards: string;
let packed: DirectoryStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-data-faults-'));
  server = await startS3Server();
  front = createServer((request, response) => {
    const [status, code, headers] = /^\/(\w+)/.exec(request.url!)?.[1] === 'closed' ? denied : elsewhere;
    if (/^\/(closed|elsewhere)\b/.test(request.url!)) {
      request.resume();
      response.writeHead(status, headers);
      response.end(`<Error><Code>${code}</Code><Message>m</Message></Error>`);
      return;
    }
    const { method, headers: sent } = request;
    request.pipe(
      send(server.endpoint + request.url, { method: method!, headers: sent }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      }),
    );
  });
  await new Promise<void>((listening) => front.listen(0, '127.0.0.1', listening));
  endpoint = `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' });
  const client = new S3Client({ endpoint: server.endpoint, region, forcePathStyle: true });
  await client.send(new CreateBucketCommand({ Bucket: 'images' }));
  shards = await writeTinyImages(join(root, 'shards'));
  packed = new DirectoryStore(join(root, 'packed'));
  const data = await openDataSet(shards, { cacheDirectory: join(root, 'cache') });
  await packDataSet(data, packed, { seed: 0, shardBytes: 400_000 });
});
afterAll(async () => {
  front.close();
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

const denied = [403, 'AccessDenied', {}] as const;
const elsewhere = [301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' }] as const;

let runs = 0;
/** One attempt of a job on `data` in a queue: its exit code and the reason that its search gets. */
async function attempt(data: string, environment: NodeJS.ProcessEnv = {}) {
  const run = await WorkerRun.create(join(root, `run-${runs++}`), tinySearch(data));
  const address = { AWS_ENDPOINT_URL: endpoint, AWS_REGION: region };
  const { process: child, ended } = run.start(3_600_000, { ...address, AWS_BATCH_JOB_ID: 'job', ...environment });
  // It ends by itself, or has come past its images.
  const { code } = await ended;
  expect(child.signalCode).toBeNull();
  const records = (await run.segments()).flat();
  const reason = failureReason(records, null, null);
  return { code, reason, ours: !isCustomersFault(reason) };
}

async function inBucket(prefix: string, spoil: (store: ObjectStore) => Promise<unknown>): Promise<string> {
  const store = await openStore(`s3://images/${prefix}`, { endpoint: server.endpoint, region });
  for await (const { key } of packed.list('')) await store.put(key, (await packed.get(key))!.bytes);
  await spoil(store);
  return store.uri;
}

async function inFolder(prefix: string, spoil: (store: ObjectStore) => Promise<unknown>): Promise<string> {
  const uri = join(root, prefix);
  await cp(packed.uri, uri, { recursive: true });
  await spoil(new DirectoryStore(uri));
  return uri;
}

async function damage(store: ObjectStore): Promise<void> {
  for await (const { key } of packed.list('train-')) {
    const bytes = (await store.get(key))!.bytes;
    // Every image of it, wherever it begins.
    for (let at = 600; at < bytes.length - 2048; at += 512) bytes[at]! ^= 1;
    await store.put(key, bytes);
  }
}

describe.each([
  ['bucket', inBucket],
  ['folder', inFolder],
])('shards in a %s', (kind, place) => {
  it.each<[string, RegExp, (store: ObjectStore) => Promise<unknown>]>([
    [
      'data.index-old',
      /^The shards in .* are not those of its index: train-000000\.tar is truncated: 999 of \d+ bytes\. Bring/,
      async (store) => store.put('train-000000.tar', (await store.get('train-000000.tar'))!.bytes.subarray(0, 999)),
    ],
    [
      'data.index-old',
      /train-000777\.tar is not in the index, which is older\. Bring/,
      (store) => store.put('train-000777.tar', Buffer.from('x')),
    ],
    [
      'data.classes',
      /^classes\.txt in .* names other classes than index\.json/,
      (store) => store.put('classes.txt', Buffer.from('a\n')),
    ],
    ['data.checksum', /^train-\d+\.tar\/\d+\.png in .* is damaged: its checksum is not the one of the index/, damage],
  ])('%s: no other attempt', async (code, line, spoil) => {
    const { code: exit, reason, ours } = await attempt(await place(`${kind}-${runs}`, spoil));
    expect(reason).toEqual({ code, message: expect.stringMatching(line) });
    expect([exit, ours]).toEqual([1, false]);
  });
});

describe('buckets', () => {
  it.each<[string, string, RegExp]>([
    ['data.no-bucket', 's3://not-there/x', /s3:\/\/not-there\/x .*: there is no such bucket: check its name\.$/],
    ['data.denied', 's3://closed/x', /s3:\/\/closed\/x .*HTTP 403\): access is denied: check the credentials/],
    ['data.region', 's3://elsewhere/x', /HTTP 301, eu-west-1\): the bucket lies in another region: set AWS_REGION/],
  ])('%s: no other attempt', async (code, uri, line) => {
    const { code: exit, reason, ours } = await attempt(uri);
    expect(reason).toEqual({ code, message: expect.stringMatching(line) });
    expect([exit, ours]).toEqual([1, false]);
  });

  it('store.unavailable: another attempt may help, and nobody pays for it', async () => {
    const { code, reason, ours } = await attempt('s3://images/x', { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
    expect(reason).toEqual({
      code: 'store.unavailable',
      message: expect.stringMatching(/ECONNREFUSED\): try again later/),
    });
    expect([code, ours]).toEqual([tryAgainExitCode, true]);
  });
});

it('data.cache: a disk that takes no cache is ours to see to', async () => {
  await writeFile(join(root, 'file'), 'no folder');
  const { code, reason, ours } = await attempt(shards, { FASTPATH_CACHE: join(root, 'file', 'cache') });
  expect(reason).toEqual({ code: 'data.cache', message: expect.stringMatching(/^Could not write the image cache at/) });
  expect([code, ours]).toEqual([1, true]);
});
