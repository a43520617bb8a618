/**
 * @file What can be wrong with what a job finds: each gets one clear line in the API's search object, an exit code that
 * says whether another attempt helps, and is paid for by whose fault it is. Orders become jobs of the stand-in for AWS
 * Batch, which run the real worker.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiSetting, openApi } from '../../functions/api/test-setting.ts';
import { creditOf } from '../../functions/service/credit/statement.ts';
import { applyJob } from '../../functions/service/searches/apply-job.ts';
import { submitSearch } from '../../functions/service/searches/submit.ts';
import { searchDetailSchema } from '../../shared/contract/api/searches.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { packDataSet } from '../../shared/data/pack/pack-data-set.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import { hasEnded, type JobDescription, tryAgainExitCode } from '../../shared/queue/job-queue.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { openStore } from '../../shared/store/open.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { until, worker } from '../fault/worker-run.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { BatchServer } from './batch-server/server.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
const names = { jobQueue: 'searches', jobDefinition: 'worker' };
/** 100 seconds on the machine of the setting */
const maxCostMicroUsd = 100_000_000;
const patienceMs = 120_000;
let api: ApiSetting;
let root: string;
let server: S3Server;
let front: Server;
let endpoint: string;
let shards: string;
let packed: DirectoryStore;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-data-faults-'));
  [server, api] = await Promise.all([startS3Server(), openApi()]);
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
  await api.close();
  await rm(root, { recursive: true, force: true });
});

const denied = [403, 'AccessDenied', {}] as const;
const elsewhere = [301, 'PermanentRedirect', { 'x-amz-bucket-region': 'eu-west-1' }] as const;

const seenEnough = 'seen enough';
let runs = 0;
interface Machine {
  environment?: NodeJS.ProcessEnv;
  /** the worker, in something */
  command?: string[];
  /** how many attempts to wait for; the job is ended behind them, unless it has ended by itself */
  attempts?: number;
}

/** A search on `data`, from its order to its end: the exit codes of its attempts, and how the API shows it. */
async function search(data: string, { environment = {}, command = [], attempts = 1 }: Machine = {}) {
  const batch = await BatchServer.start({
    ...names,
    directory: join(root, `jobs-${runs++}`),
    command: [...command, process.execPath, worker],
    environment: {
      ...{ PATH: process.env.PATH, FASTPATH_BACKEND: 'wasm', FASTPATH_CACHE: join(root, 'cache') },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_ENDPOINT_URL: endpoint, AWS_REGION: region },
      ...environment,
    },
    concurrency: 1,
    graceMs: 1000,
  });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const deps = { ...api, queue: new BatchQueue({ ...names, endpoint: batch.endpoint, region, credentials }) };
  const before = await creditOf(api, api.tenantId);
  const { ids } = await api.order([tinySearch(data)], maxCostMicroUsd);
  await submitSearch(deps, ids[0]!);
  const job = async () => {
    for await (const each of deps.queue.list({ namePrefix: ids[0]! })) return each;
    throw new Error('the job is gone');
  };
  const over = ({ attempts }: JobDescription) => attempts.filter(({ stoppedAt }) => stoppedAt !== null);
  await until(async () => over(await job()).length >= attempts, patienceMs);
  await deps.queue.terminate((await job()).id, seenEnough);
  await until(async () => hasEnded((await job()).status), patienceMs);
  const ended = await job();
  await applyJob(deps, ended);
  await batch.stop();
  const shown = searchDetailSchema.parse((await api.ask('GET', `/v1/searches/${ids[0]}`)).json);
  expect(shown.state).toBe('failed');
  const after = await creditOf(api, api.tenantId);
  return {
    // One more may have begun meanwhile.
    exits: over(ended)
      .filter(({ reason }) => reason !== seenEnough)
      .map(({ exitCode }) => exitCode),
    reason: shown.reason,
    paid: after.spentMicroUsd > before.spentMicroUsd,
  };
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
    const reason = { code, message: expect.stringMatching(line) };
    expect(await search(await place(`${kind}-${runs}`, spoil))).toEqual({ exits: [1], reason, paid: true });
  });
});

describe('buckets', () => {
  it.each<[string, string, RegExp]>([
    ['data.no-bucket', 's3://not-there/x', /s3:\/\/not-there\/x .*: there is no such bucket: check its name\.$/],
    ['data.denied', 's3://closed/x', /s3:\/\/closed\/x .*HTTP 403\): access is denied: check the credentials/],
    ['data.region', 's3://elsewhere/x', /HTTP 301, eu-west-1\): the bucket lies in another region: set AWS_REGION/],
  ])('%s: no other attempt', async (code, uri, line) => {
    const reason = { code, message: expect.stringMatching(line) };
    expect(await search(uri)).toEqual({ exits: [1], reason, paid: true });
  });

  it('store.unavailable: another attempt may help, and nobody pays for it', async () => {
    const away = { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' };
    const message = expect.stringMatching(/ECONNREFUSED\): try again later/);
    const reason = { code: 'store.unavailable', message };
    const exits = [tryAgainExitCode, tryAgainExitCode];
    expect(await search('s3://images/x', { environment: away, attempts: 2 })).toEqual({ exits, reason, paid: false });
  });
});

it('gpu.not-visible: another machine may have one, and nobody pays for it', async () => {
  const message = expect.stringMatching(/^the job needs a GPU and sees none \(.+\): check the driver/);
  const reason = { code: 'gpu.not-visible', message };
  const exits = [tryAgainExitCode, tryAgainExitCode];
  const environment = { FASTPATH_REQUIRE_GPU: '1' };
  expect(await search(shards, { environment, attempts: 2 })).toEqual({ exits, reason, paid: false });
});

describe('data.cache: a disk that takes no cache is ours to see to', () => {
  it('a folder that cannot be made', async () => {
    await writeFile(join(root, 'file'), 'no folder');
    const environment = { FASTPATH_CACHE: join(root, 'file', 'cache') };
    const reason = { code: 'data.cache', message: expect.stringMatching(/^Could not write the image cache at/) };
    expect(await search(shards, { environment })).toEqual({ exits: [1], reason, paid: false });
  });

  it.each([
    ['what shards hold', '.tar', 4],
    ['images of packed shards', '.tar.gz', 100],
  ])('full of %s', async (_, ending, kibibytes) => {
    const data = join(root, `for-a-full-disk${ending}`);
    await cp(shards, data, { recursive: true });
    for (const name of (await readdir(data)).filter((each) => ending === '.tar.gz' && each.endsWith('.tar'))) {
      await writeFile(join(data, `${name}.gz`), gzipSync(await readFile(join(data, name))));
      await rm(join(data, name));
    }
    const disk = join(root, `disk${ending}`);
    await mkdir(disk);
    const mounted = `mount -t tmpfs -o size=${kibibytes}k tmpfs "$0" && exec "$@"`;
    const command = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mounted, disk];
    const message = expect.stringMatching(/^Could not write the image cache at .*ENOSPC.*: free space there or choose/);
    const reason = { code: 'data.cache', message };
    const environment = { FASTPATH_CACHE: disk };
    expect(await search(data, { environment, command })).toEqual({ exits: [1], reason, paid: false });
  });
});
