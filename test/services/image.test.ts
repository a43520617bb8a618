/** @file What batch/Dockerfile puts into the image runs by itself: environment and store, and nothing of the repository. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { packImage } from '../../batch/image/pack.ts';
import { claimKey } from '../../shared/store/search-keys.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { prefix, WorkerRun } from '../fault/worker-run.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

let folder: string;
let image: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-image-'));
  image = join(folder, 'app');
  await packImage(image, 'cpu');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** As the container: no variable of ours but those of a job. */
const bare = (variables: NodeJS.ProcessEnv) => ({
  ...Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined])),
  PATH: process.env.PATH,
  FASTPATH_CACHE: join(folder, 'cache'),
  ...variables,
});

async function job(name: string): Promise<WorkerRun> {
  const data = await writeTinyImages(join(folder, 'data'));
  return WorkerRun.create(join(folder, name), tinySearch(data));
}

function start(run: WorkerRun, variables: NodeJS.ProcessEnv = {}) {
  const environment = bare({
    FASTPATH_STORE: run.store.uri,
    FASTPATH_SEARCH: prefix,
    FASTPATH_SPEC_SHA256: run.specSha256,
    FASTPATH_ATTEMPT: '1',
    ...variables,
  });
  return run.start(300_000, environment, [process.execPath, join(image, '.dist/batch/worker.js')]);
}

test('a whole search on the native backend, with a health line at its start', async () => {
  const run = await job('search');
  const { code, printed } = await start(run, { FASTPATH_BACKEND: 'tensorflow' }).ended;
  expect({ code, printed }).toMatchObject({ code: 0 });
  expect(printed).toMatch(/^Backend: @tensorflow\/tfjs-node with .*; no GPU; \d+ processors, [\d.]+ GB of memory$/m);
  expect([...(await run.result()).keys()]).toContain('metrics.json');
});

test('a search on WebAssembly', async () => {
  const run = await job('wasm');
  expect(await start(run, { FASTPATH_BACKEND: 'wasm' }).ended).toMatchObject({ code: 0 });
});

test('a job that needs a GPU and sees none says so, and asks for another machine', async () => {
  const run = await job('gpu');
  const { code } = await start(run, { FASTPATH_REQUIRE_GPU: '1', AWS_BATCH_JOB_ID: 'job', AWS_BATCH_JOB_ATTEMPT: '1' })
    .ended;
  expect(code).toBe(75);
  const last = (await run.segments()).flat().at(-1);
  expect(last).toMatchObject({ type: 'error', code: 'gpu.not-visible', retry: true });
  expect(await run.store.get(claimKey(prefix, 1))).not.toBeNull();
});

test('credentials by half are refused before anything is opened', async () => {
  const run = await job('credentials');
  const { code, printed } = await start(run, { FASTPATH_CREDENTIALS_URL: 'https://example.com/' }).ended;
  expect(code).toBe(1);
  expect(printed).toContain('credentials need FASTPATH_CREDENTIALS_TOKEN and the queue’s job id');
  expect(existsSync(join(run.folder, 'progress'))).toBe(false);
});
