/** @file A warm-up that searches share: each goes on from it exactly as if it had warmed up itself. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type SearchSpec, type WarmUpSpec, warmUpSpecSchema } from '../../shared/contract/job-spec.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { warmUpResultSchema } from '../../shared/contract/warm-up.ts';
import { warmUpKey } from '../../shared/store/search-keys.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { computed, hashes, prefix, until, WorkerRun } from '../fault/worker-run.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root: string;
let spec: SearchSpec;
let warmUp: WorkerRun;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-warm-up-'));
  spec = { ...tinySearch(await writeTinyImages(join(root, 'data'))), training: null };
  warmUp = await WorkerRun.create(join(root, 'warm-up'), warmUpOf(spec));
  // Stopped in the middle: the second attempt goes on.
  const first = warmUp.start(0);
  await until(async () => (await warmUp.steps()).length > 3);
  first.process.kill('SIGTERM');
  expect(await first.ended).toMatchObject({ code: 0 });
  expect(await warmUp.start(20_000).ended).toMatchObject({ code: 0 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

function warmUpOf(search: SearchSpec): WarmUpSpec {
  const { data, space, widthMultiplier, resolution, seed, maxPeakActivationBytes, exclude, schedule } = search;
  const own = { data, space, widthMultiplier, resolution, seed, maxPeakActivationBytes, exclude, schedule };
  return warmUpSpecSchema.parse({ format: 'fastpath.warm-up-spec/1', ...own });
}

/** A search behind the warm-up, whose weights lie in its own store at `shared`. */
async function behind(name: string, search: SearchSpec, seed = spec.seed): Promise<WorkerRun> {
  const run = await WorkerRun.create(join(root, name), { ...search, warmUp: { key: 'shared', seed } });
  await run.store.put('shared', (await warmUp.store.get(warmUpKey(prefix)))!.bytes);
  return run;
}

const lastError = async (run: WorkerRun) => (await run.segments()).flat().findLast(({ type }) => type === 'error');

test('trains weights on uniform paths, and leaves nothing but them', async () => {
  expect((await warmUp.steps()).map(({ phase, step }) => [phase, step])).toEqual(
    Array.from({ length: 12 }, (_, i) => ['warmup', i + 1]),
  );
  const files = await warmUp.result();
  expect([...files.keys()]).toEqual(['warm-up.json']);
  expect(warmUpResultSchema.parse(JSON.parse(files.get('warm-up.json')!.toString()))).toMatchObject({ steps: 12 });
});

test('a search behind it finds what it finds alone, bit for bit', async () => {
  const alone = await WorkerRun.create(join(root, 'alone'), spec);
  const shared = await behind('same-seed', spec);
  for (const run of [alone, shared]) expect(await run.start(20_000).ended).toMatchObject({ code: 0, printed: '' });

  const steps = await alone.steps();
  expect([
    ...(await warmUp.steps()).map(({ step, loss }) => ({ step, loss })),
    ...(await shared.steps()),
  ]).toMatchObject(steps.map(({ step, loss }) => ({ step, loss })));
  expect((await shared.steps()).map(computed)).toEqual(steps.slice(12).map(computed));
  const [own, others] = [await shared.result(), await alone.result()];
  const metrics = [own, others].map((files) => metricsSchema.parse(JSON.parse(files.get('metrics.json')!.toString())));
  // Each counts what it did itself: 12 steps of 16 images less.
  expect(metrics[1]!.search!.imagePasses - metrics[0]!.search!.imagePasses).toBe(12 * 16);
  for (const files of [own, others]) files.delete('metrics.json');
  expect(hashes(own)).toEqual(hashes(others));
});

test('another seed divides the images as the warm-up did', async () => {
  const losses = async (name: string, seed: number) => {
    const run = await behind(name, { ...spec, seed: 7 }, seed);
    expect(await run.start(20_000).ended).toMatchObject({ code: 0 });
    return (await run.steps()).map(({ step, loss }) => [step, loss]);
  };
  const [as, otherwise] = [await losses('divided-as', spec.seed), await losses('divided-otherwise', 1)];
  expect(as.map(([step]) => step)).toEqual(Array.from({ length: 24 }, (_, i) => i + 13));
  expect(as[0]).not.toEqual(otherwise[0]);
});

test('without weights, or with those of other images, it ends in one line', async () => {
  const none = await WorkerRun.create(join(root, 'none'), { ...spec, warmUp: { key: 'nowhere', seed: 0 } });
  expect(await none.start(20_000).ended).toMatchObject({ code: 1 });
  expect(await lastError(none)).toMatchObject({ code: 'warm-up.missing' });
  const others = await behind('others', { ...spec, data: { uri: await writeTinyImages(join(root, 'others'), 2) } });
  expect(await others.start(20_000).ended).toMatchObject({ code: 1 });
  expect(await lastError(others)).toMatchObject({ code: 'data.changed' });
});
