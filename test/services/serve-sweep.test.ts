/** @file A sweep ordered at `fastpath serve`: two devices, two budgets each, two seeds, and one warm-up for all eight. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Fastpath } from '../../functions/client/index.ts';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { searchPrefixOf } from '../../shared/store/search-keys.ts';
import { tinyBudgetMs } from '../fault/tiny-search.ts';
import { hashes, until } from '../fault/worker-run.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 120_000 });

const patienceMs = 500_000;
let root: string;
let service: Service;
let fastpath: Fastpath;
const start = async () => {
  service = await Service.start(root, { flags: ['--data-root', join(root, 'data')] });
  fastpath = new Fastpath({ url: service.url, key: service.key });
};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-sweep-'));
  await writeTinyImages(join(root, 'data/tiny'));
  await start();
});
afterAll(async () => {
  await service?.stopped();
  await removeRoot(root);
});

async function recordsOf(id: string): Promise<ProgressRecord[]> {
  const records: ProgressRecord[] = [];
  for await (const record of fastpath.searches.follow(id)) records.push(record);
  return records;
}

async function phasesOf(id: string): Promise<Set<string>> {
  return new Set((await recordsOf(id)).flatMap((record) => (record.type === 'step' ? record.phase : [])));
}

/** Hashes of what the search found: two that found the same network have one architecture between them, but files of their own. */
async function foundBy(id: string): Promise<Record<string, string>> {
  const folder = join(root, 'home', searchPrefixOf('local', id), 'result');
  const names = ['architecture.json', 'weights.safetensors', 'pareto.json'];
  const files = names.map(async (name) => [name, await readFile(join(folder, name))] as const);
  return hashes(new Map(await Promise.all(files)));
}

test('eight searches share one warm-up, over a kill of the server; one of them alone finds the same', async () => {
  const { id } = await fastpath.dataSets.create({ name: 'tiny', source: { type: 'directory', path: 'tiny' } });
  const { id: dataSetId } = await fastpath.dataSets.verified(id);
  const [first, second] = builtInModels.map(({ hardware }) => hardware.id);
  const targets = [
    { hardware: first!, budgetMs: tinyBudgetMs },
    { hardware: first!, budgetMs: 1.2 * tinyBudgetMs },
    { hardware: second!, budgetMs: 0.5 * tinyBudgetMs },
    { hardware: second!, budgetMs: 0.7 * tinyBudgetMs },
  ];
  const form = { dataSetId, space: 'tiny', schedule: { batchSize: 16, warmupEpochs: 2, searchEpochs: 1 } };
  const wanted = { ...form, targets, seeds: [0, 5] };

  // 400 training images, of which each class keeps 20 for path logits: 12 steps of 16 an epoch.
  const estimate = await fastpath.orders.estimate(wanted);
  expect(estimate).toMatchObject({ searches: 8, basis: { warmUpSteps: 24, weightSteps: 12 } });
  expect(estimate.seconds).toBeCloseTo(estimate.warmUpSeconds! + 8 * estimate.secondsPerSearch!, 9);

  const order = await fastpath.orders.place({ ...wanted, maxCostUsd: 1 });
  expect(order.warmUp).toMatchObject({ kind: 'warm-up', seed: 0 });
  expect(order.searches.map(({ constraints, seed }) => [constraints.hardware[0], seed])).toEqual(
    targets.flatMap(({ hardware, budgetMs }) => [0, 5].map((seed) => [{ id: hardware, budgetMs }, seed])),
  );
  // The next server takes the array and its warm-up up as they are.
  await until(async () => (await fastpath.searches.get(order.warmUp!.id)).state === 'searching', patienceMs);
  await service.killed();
  await start();
  await until(async () => (await fastpath.orders.get(order.id)).state === 'closed', patienceMs);

  const { warmUp, searches } = await fastpath.orders.get(order.id);
  expect(warmUp).toMatchObject({ state: 'succeeded', architectureId: null });
  expect(searches.map(({ state, reason }) => [state, reason])).toEqual(searches.map(() => ['succeeded', null]));
  expect(await phasesOf(warmUp!.id)).toEqual(new Set(['warmup']));
  for (const search of searches) expect(await phasesOf(search.id)).toEqual(new Set(['search']));
  const usage = await fastpath.usage.get();
  expect(usage.searches.map(({ searchId, attempts }) => [searchId, attempts]).sort()).toEqual(
    [warmUp!, ...searches].map((search) => [search.id, 1]).sort(),
  );

  const alone = await fastpath.orders.place({ ...form, targets: [targets[0]!], seed: 0, maxCostUsd: 1 });
  expect(alone.warmUp).toBeNull();
  expect(await phasesOf(alone.searches[0]!.id)).toEqual(new Set(['warmup', 'search']));
  expect(await foundBy(alone.searches[0]!.id)).toEqual(await foundBy(searches[0]!.id));
});
