import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { claimOf } from '../../shared/contract/claim.ts';
import type { JobList } from '../../shared/contract/job-list.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { claimKey, secondsKey } from '../../shared/store/search-keys.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { tinySearch } from './tiny-search.ts';
import { prefix, until, WorkerRun } from './worker-run.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root: string;
let data: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-limit-'));
  data = await writeTinyImages(join(root, 'data'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** Minutes of work, with a record every few steps. */
function endless() {
  const spec = tinySearch(data);
  return { ...spec, schedule: { ...spec.schedule, searchEpochs: 1000 } };
}

test('a search that reaches its compute limit delivers its best so far, in time', async () => {
  const run = await WorkerRun.create(join(root, 'limit'), endless());
  const limitSeconds = 16;
  const started = Date.now();
  const ended = await run.start(60_000, { FASTPATH_COMPUTE_SECONDS: String(limitSeconds) }).ended;
  expect(ended).toMatchObject({ code: 0, printed: '' });
  expect((Date.now() - started) / 1000).toBeLessThan(limitSeconds + 60);
  const result = await run.result();
  const metrics = metricsSchema.parse(JSON.parse(result.get('metrics.json')!.toString()));
  expect(metrics).toMatchObject({ cutShort: true, weights: 'supernet' });
  expect(metrics.latency[0]!.latencyMs).toBeLessThanOrEqual(metrics.latency[0]!.budgetMs!);
  expect([...result.keys()]).toEqual(
    expect.arrayContaining(['architecture.json', 'pareto.json', 'weights.safetensors']),
  );
  expect((await run.segments()).flat().at(-1)).toMatchObject({ type: 'stopped', reason: 'compute-limit' });
});

test('a limit that is reached in the training ends it with the weights of then', async () => {
  const { training, ...spec } = tinySearch(data);
  const run = await WorkerRun.create(join(root, 'training'), { ...spec, training: { ...training!, epochs: 400 } });
  const first = run.start(0);
  await until(async () => (await run.steps()).filter(({ phase }) => phase === 'training').length > 2, 120_000);
  first.process.kill('SIGTERM');
  await first.ended;
  const { step } = (await run.segments()).flat().at(-1)!;
  await run.store.put(secondsKey(prefix, 1), Buffer.from('1000'));
  expect(await run.start(0, { FASTPATH_COMPUTE_SECONDS: '1000' }).ended).toMatchObject({ code: 0, printed: '' });
  const metrics = metricsSchema.parse(JSON.parse((await run.result()).get('metrics.json')!.toString()));
  expect(metrics).toMatchObject({ cutShort: true, weights: 'trained' });
  expect((await run.segments()).flat().at(-1)).toEqual({ type: 'stopped', step, reason: 'compute-limit' });
});

test('an array gives each of its jobs the search of its index', async () => {
  const run = await WorkerRun.create(join(root, 'array'), { ...tinySearch(data), training: null });
  const other = { prefix: 'tenants/local/searches/other', specSha256: '0'.repeat(64) };
  const { specSha256 } = run;
  const list: JobList = { format: 'fastpath.job-list/1', searches: [other, { prefix, specSha256 }] };
  const bytes = Buffer.from(JSON.stringify(list));
  await run.store.put('orders/list.json', bytes);
  const asChild = (index: number) => ({
    FASTPATH_SEARCH: undefined,
    FASTPATH_JOB_LIST: 'orders/list.json',
    FASTPATH_JOB_LIST_SHA256: createHash('sha256').update(bytes).digest('hex'),
    AWS_BATCH_JOB_ID: `array:${index}`,
    AWS_BATCH_JOB_ATTEMPT: '1',
    AWS_BATCH_JOB_ARRAY_INDEX: String(index),
  });
  const beyond = await run.start(60_000, asChild(2)).ended;
  expect(beyond).toMatchObject({ code: 1, printed: expect.stringContaining('no search 2') });
  expect(await run.start(60_000, asChild(1)).ended).toMatchObject({ code: 0, printed: '' });
  expect(claimOf((await run.store.get(claimKey(prefix, 1)))!.bytes)?.job).toBe('array:1');
});

test('a worker whose store cannot be reached asks its queue for another attempt', async () => {
  const run = await WorkerRun.create(join(root, 'unreachable'), tinySearch(data));
  const nowhere = {
    FASTPATH_STORE: 's3://bucket/prefix',
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'none',
    AWS_SECRET_ACCESS_KEY: 'none',
  };
  const inQueue = { AWS_BATCH_JOB_ID: 'job', AWS_BATCH_JOB_ATTEMPT: '1' };
  const ended = await run.start(60_000, { ...nowhere, ...inQueue }).ended;
  expect(ended).toMatchObject({ code: 75, printed: expect.stringContaining('try again later') });
  const unset = await run.start(60_000, { FASTPATH_STORE: '' }).ended;
  expect(unset).toMatchObject({
    code: 1,
    printed: expect.stringMatching(/^the worker's environment .*FASTPATH_STORE.*\n$/),
  });
});

test('attempts that were killed count towards the limit', async () => {
  const run = await WorkerRun.create(join(root, 'attempts'), endless());
  const first = run.start(100, { FASTPATH_COMPUTE_SECONDS: '1000' });
  await until(async () => (await run.steps()).length > 0, 120_000);
  first.process.kill('SIGKILL');
  await first.ended;
  // What the first attempt noted, made the whole limit: the second has nothing left and only finishes.
  await run.store.put(secondsKey(prefix, 1), Buffer.from('1000'));
  const before = (await run.steps()).at(-1)!.step;
  expect(await run.start(100, { FASTPATH_COMPUTE_SECONDS: '1000' }).ended).toMatchObject({ code: 0 });
  const metrics = metricsSchema.parse(JSON.parse((await run.result()).get('metrics.json')!.toString()));
  expect(metrics.cutShort).toBe(true);
  expect((await run.steps()).at(-1)!.step).toBe(before);
});

test('of two jobs sent for one search one executes, whichever attempts they are at', async () => {
  const run = await WorkerRun.create(join(root, 'jobs'), { ...tinySearch(data), training: null });
  const as = (job: string, attempt: number) => ({ AWS_BATCH_JOB_ID: job, AWS_BATCH_JOB_ATTEMPT: String(attempt) });
  // The first job's first attempt was lost before it claimed anything.
  const first = run.start(100, as('job-a', 2));
  await until(async () => (await run.store.get(claimKey(prefix, 2))) !== null);
  const loser = await run.start(100, as('job-b', 3)).ended;
  expect(loser).toMatchObject({ code: 1, printed: expect.stringContaining("another job's") });
  const again = await run.start(100, as('job-a', 2)).ended;
  expect(again).toMatchObject({ code: 1, printed: expect.stringContaining('attempt 2') });
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(claimOf((await run.store.get(claimKey(prefix, 1)))!.bytes)?.job).toBe('job-a');
  expect((await run.segments()).flat().filter(({ type }) => type === 'done').length).toBe(1);
});

test('a worker of a queue that is asked to stop saves, and asks for another attempt', async () => {
  const run = await WorkerRun.create(join(root, 'stop'), endless());
  const attempt = run.start(60_000, { AWS_BATCH_JOB_ID: 'job', AWS_BATCH_JOB_ATTEMPT: '1' });
  await until(async () => (await run.steps()).length > 0, 120_000);
  attempt.process.kill('SIGTERM');
  expect(await attempt.ended).toMatchObject({ code: 75, signal: null });
  expect(await run.checkpointStep()).toBeGreaterThan(0);
});
