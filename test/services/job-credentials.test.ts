/**
 * @file A container has no credentials but those that the credential function gives it: a real worker, started by the
 * stand-in for AWS Batch, reads, trains and writes through an S3 server that keeps to the policy of its session.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BatchClient, DescribeJobsCommand } from '@aws-sdk/client-batch';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { getRequestListener } from '@hono/node-server';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeSynthetic } from '../../batch/data/synthetic.ts';
import { credentialsApp } from '../../functions/credentials/app.ts';
import { specFile } from '../../functions/service/search-spec/spec-file.ts';
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import type { JobDescription } from '../../shared/queue/job-queue.ts';
import { jobCredentials } from '../../shared/store/job-credentials.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { specKey } from '../../shared/store/search-keys.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { until, worker } from '../fault/worker-run.ts';
import { BatchServer } from './batch-server/server.ts';
import { ownKey, type SessionServer, startSessionServer } from './session-server.ts';
import { type S3Server, startS3Server } from './store-s3-server.ts';

const region = 'us-east-1';
const names = { jobQueue: 'searches', jobDefinition: 'worker' };
const own = { region, credentials: { accessKeyId: ownKey, secretAccessKey: 'test' } };
const [bucket, checkpoints] = ['fastpath', 'fastpath-checkpoints'];
const tenant = 'tenants/tn_01jd9z5k3q8v7w6x5y4t3s2r1p';
const foreign = 'tenants/tn_01jd9z5k3q8v7w6x5y4t3s2r1q';
const workerRoleArn = 'arn:aws:iam::123456789012:role/worker';

let moto: S3Server;
let s3: SessionServer;
let batch: BatchServer;
let functionServer: Server;
let functionUrl: string;
let folder: string;
let store: S3Store;
let queue: BatchQueue;
let batchClient: BatchClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-credentials-'));
  moto = await startS3Server();
  s3 = await startSessionServer(moto.endpoint);
  const admin = new S3Client({ ...own, endpoint: moto.endpoint, forcePathStyle: true });
  for (const Bucket of [bucket, checkpoints, 'elsewhere']) await admin.send(new CreateBucketCommand({ Bucket }));
  store = new S3Store({ ...own, bucket, prefix: '', endpoint: s3.endpoint });
  await writeSynthetic(
    new S3Store({ ...own, bucket, prefix: `${tenant}/datasets/ds_1/files`, endpoint: s3.endpoint }),
    {
      seed: 1,
      train: 400,
      val: 60,
    },
  );
  await store.put(`${foreign}/searches/srch_2/spec.json`, Buffer.from('theirs'));

  batch = await BatchServer.start({
    ...names,
    directory: join(folder, 'jobs'),
    command: [process.execPath, worker],
    // As a container: nothing but what the job definition and the order say.
    environment: {
      PATH: process.env.PATH,
      AWS_REGION: region,
      AWS_ENDPOINT_URL: s3.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      FASTPATH_BACKEND: 'wasm',
      FASTPATH_CHECKPOINTS: `s3://${checkpoints}`,
      FASTPATH_CACHE: join(folder, 'cache'),
      get FASTPATH_CREDENTIALS_URL() {
        return functionUrl;
      },
    },
    concurrency: 2,
    graceMs: 60_000,
  });
  queue = new BatchQueue({ ...names, ...own, endpoint: batch.endpoint });
  batchClient = new BatchClient({ ...own, endpoint: batch.endpoint });
  const app = credentialsApp({
    queue: batchClient,
    tokens: new STSClient({ ...own, endpoint: s3.endpoint }),
    store,
    places: { store: `arn:aws:s3:::${bucket}`, checkpoints: `arn:aws:s3:::${checkpoints}` },
    workerRoleArn,
  });
  functionServer = createServer(getRequestListener(app.fetch));
  await new Promise<void>((resolve) => functionServer.listen(0, '127.0.0.1', resolve));
  functionUrl = `http://127.0.0.1:${(functionServer.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await batch.stop();
  functionServer.closeAllConnections();
  functionServer.close();
  s3.stop();
  await moto.stop();
  await rm(folder, { recursive: true, force: true });
});

async function submit(search: string, spec: SearchSpec): Promise<string> {
  const prefix = `${tenant}/searches/${search}`;
  const { bytes, sha256 } = specFile(spec);
  await store.put(specKey(prefix), bytes);
  const environment = {
    FASTPATH_STORE: `s3://${bucket}`,
    FASTPATH_SEARCH: prefix,
    FASTPATH_SPEC_SHA256: sha256,
  };
  return (await queue.submit({ name: search, environment, attempts: 3, timeoutSeconds: 600 })).id;
}

async function described(id: string): Promise<JobDescription> {
  return (await queue.describe([id]))[0]!;
}

async function tokenOf(id: string): Promise<string> {
  const { jobs } = await batchClient.send(new DescribeJobsCommand({ jobs: [id] }));
  return jobs![0]!.container!.environment!.find(({ name }) => name === 'FASTPATH_CREDENTIALS_TOKEN')!.value!;
}

const dataUri = `s3://${bucket}/${tenant}/datasets/ds_1/files`;

test('a search runs with nothing but its own credentials, and outlives its machine', async () => {
  const id = await submit('srch_1', tinySearch(dataUri));
  const prefix = `${tenant}/searches/srch_1`;
  await until(async () => (await store.get(`${prefix}/progress/000001.jsonl`)) !== null, 60_000);
  const session = { url: functionUrl, token: await tokenOf(id), jobId: id, attempt: 1 };
  const inside = new S3Store({
    ...own,
    bucket,
    prefix: '',
    endpoint: s3.endpoint,
    credentials: jobCredentials(session),
  });

  // What a container may do while it runs: its own search and data, and nothing else.
  const refused = { code: 'store.denied' };
  expect(await inside.get(`${prefix}/result/nothing-yet.json`)).toBeNull();
  expect((await inside.get(specKey(prefix)))!.bytes.length).toBeGreaterThan(100);
  await expect(inside.put(specKey(prefix), Buffer.from('{}'))).rejects.toMatchObject(refused);
  await expect(inside.get(`${foreign}/searches/srch_2/spec.json`)).rejects.toMatchObject(refused);
  await expect(inside.get(`${tenant}/searches/srch_3/spec.json`)).rejects.toMatchObject(refused);
  await expect(inside.put(`${foreign}/searches/srch_2/spec.json`, Buffer.from(''))).rejects.toMatchObject(refused);
  await expect(inside.put(`${tenant}/datasets/ds_1/files/x`, Buffer.from(''))).rejects.toMatchObject(refused);
  await expect(inside.get('keys/0.json')).rejects.toMatchObject(refused);
  const list = async () => {
    for await (const _ of inside.list('')) return;
  };
  await expect(list()).rejects.toMatchObject(refused);
  const elsewhere = new S3Store({
    ...own,
    bucket: 'elsewhere',
    prefix: '',
    endpoint: s3.endpoint,
    credentials: jobCredentials(session),
  });
  await expect(elsewhere.get('x')).rejects.toMatchObject(refused);

  await batch.reclaim(id);
  await until(async () => (await described(id)).attempts.length === 2, 60_000);
  // The attempt that was taken away gets nothing more, the one that goes on does.
  await expect(jobCredentials(session)()).rejects.toMatchObject({ code: 'store.session-refused' });
  await expect(jobCredentials({ ...session, token: `${session.token}x` })()).rejects.toMatchObject({
    message: expect.stringContaining('HTTP 401'),
  });
  await until(async () => ['succeeded', 'failed'].includes((await described(id)).status), 120_000);
  expect(await described(id)).toMatchObject({ status: 'succeeded', attempts: [{ exitCode: 75 }, { exitCode: 0 }] });
  expect(await store.get(`${prefix}/result/metrics.json`)).not.toBeNull();
  expect(await store.get(`${prefix}/checkpoints/latest.json`)).toBeNull();
  await expect(jobCredentials({ ...session, attempt: 2 })()).rejects.toMatchObject({
    message: expect.stringContaining('it is succeeded'),
  });
});

test("another tenant's images, or images outside, end the job with one clear line", async () => {
  for (const [search, uri] of [
    ['srch_4', `s3://${bucket}/${foreign}/datasets/ds_2/files`],
    ['srch_5', 's3://elsewhere/images'],
  ] as const) {
    const id = await submit(search, tinySearch(uri));
    await until(async () => (await described(id)).status === 'failed', 60_000);
    expect(await described(id)).toMatchObject({ attempts: [{ exitCode: 1 }] });
  }
});
