/** @file A real search as a job of the stand-in for AWS Batch: its machine is taken away, and the next attempt goes on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { claimOf } from '../../shared/contract/claim.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import type { JobDescription } from '../../shared/queue/job-queue.ts';
import { claimKey } from '../../shared/store/search-keys.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { prefix, until, WorkerRun, worker } from '../fault/worker-run.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { BatchServer } from './batch-server/server.ts';

const names = { jobQueue: 'searches', jobDefinition: 'worker' };
const patienceMs = 120_000;

let root: string;
let server: BatchServer;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-batch-search-'));
  server = await BatchServer.start({
    ...names,
    directory: join(root, 'jobs'),
    command: [process.execPath, worker],
    environment: { PATH: process.env.PATH, FASTPATH_BACKEND: 'wasm', FASTPATH_CACHE: join(root, 'cache') },
    concurrency: 2,
    graceMs: 60_000,
    lostAnswers: 1,
  });
});
afterAll(async () => {
  await server.stop();
  await rm(root, { recursive: true, force: true });
});

test('a search sent twice, because its answer was lost, runs once and outlives its machine', async () => {
  const spec = tinySearch(await writeTinyImages(join(root, 'data')));
  const run = await WorkerRun.create(join(root, 'store'), { ...spec, training: { ...spec.training!, epochs: 3 } });
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const queue = new BatchQueue({ ...names, endpoint: server.endpoint, region: 'us-east-1', credentials });
  const environment = {
    FASTPATH_STORE: run.store.uri,
    FASTPATH_SEARCH: prefix,
    FASTPATH_SPEC_SHA256: run.specSha256,
  };
  for (let sent = 0; sent < 2; sent++) {
    const submitted = queue.submit({ name: 'search', environment, attempts: 3, timeoutSeconds: 600 });
    await expect(submitted).rejects.toMatchObject({ code: 'queue.unavailable' });
  }
  await until(async () => (await run.steps()).length > 5, patienceMs);
  const owner = claimOf((await run.store.get(claimKey(prefix, 1)))!.bytes)!.job!;
  await server.reclaim(owner);

  const jobs: JobDescription[] = [];
  const ended = async () => {
    jobs.length = 0;
    for await (const job of queue.list({ namePrefix: 'search' })) jobs.push(job);
    return jobs.every(({ status }) => status === 'succeeded' || status === 'failed');
  };
  await until(ended, patienceMs);
  const [done, refused] = jobs.sort((a, b) => Number(b.id === owner) - Number(a.id === owner));
  expect(done).toMatchObject({
    status: 'succeeded',
    attempts: [{ exitCode: 75, reason: expect.stringMatching(/^Host EC2/) }, { exitCode: 0 }],
  });
  expect(refused).toMatchObject({ status: 'failed', attempts: [{ exitCode: 1 }] });
  // Every step once, in order: the second attempt went on where the first had saved.
  const steps = (await run.steps()).map(({ step }) => step);
  expect(steps).toEqual(steps.map((_, i) => i + 1));
  expect([...(await run.result()).keys()]).toContain('metrics.json');
}, 300_000);
