import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { decodeSafetensors, encodeSafetensors } from '../../shared/weights/safetensors.ts';
import { tinyBudgetMs, tinySearch } from '../fault/tiny-search.ts';
import { type Ended, prefix, WorkerRun } from '../fault/worker-run.ts';
import { writeTinyImages } from './tiny-images.ts';

const supernet = 'supernet.safetensors';
const warmStart = { key: 'earlier', seed: 0 };
let root: string;
let data: string;
let earlier: WorkerRun;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-warm-'));
  data = await writeTinyImages(join(root, 'data'));
  earlier = await WorkerRun.create(join(root, 'earlier'), { ...tinySearch(data), training: null });
  expect(await earlier.start(60_000).ended).toMatchObject({ code: 0 });
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A search that starts from the earlier one's weights, which lie in its own store at `earlier`. */
async function warmStarted(name: string, spec: SearchSpec): Promise<{ run: WorkerRun; ended: Ended }> {
  const run = await WorkerRun.create(join(root, name), { ...spec, training: null, warmStart });
  await run.store.put('earlier', (await earlier.store.get(`${prefix}/${supernet}`))!.bytes);
  return { run, ended: await run.start(60_000).ended };
}

const lastError = async (run: WorkerRun) => (await run.segments()).flat().findLast(({ type }) => type === 'error');

test('a search for other hardware learns path logits only, on the weights of the earlier supernet', async () => {
  const spec = tinySearch(data, 7);
  spec.constraints[0]!.budgetMs = tinyBudgetMs * 1.2;
  const { run, ended } = await warmStarted('later', spec);
  expect(ended).toMatchObject({ code: 0, printed: '' });

  // 24 weight steps of search, of which the first 12 settle, with one architecture step every other: 6 at half the cost.
  const steps = await run.steps();
  expect(steps.length).toBe(6);
  expect(new Set(steps.map(({ phase }) => phase))).toEqual(new Set(['search']));
  expect(steps.every(({ probabilities }) => probabilities.length > 0)).toBe(true);
  expect(steps[0]!.probabilities).not.toEqual(steps.at(-1)!.probabilities);
  const whole = await earlier.steps();
  expect(whole.length).toBe(36);

  const result = await run.result();
  const metrics = metricsSchema.parse(JSON.parse(result.get('metrics.json')!.toString()));
  expect(metrics.weights).toBe('supernet');
  // The result's convolutions are those of the supernet, to the bit: nothing but path logits was learned.
  const before = decodeSafetensors((await earlier.store.get(`${prefix}/${supernet}`))!.bytes).tensors;
  const found = decodeSafetensors(result.get('weights.safetensors')!).tensors;
  for (const name of ['stem.weight', 'head.weight', 'classifier.weight', 'classifier.bias']) {
    expect(found.get(name)?.data, name).toBeDefined();
    expect(found.get(name)!.data).toEqual(before.get(name)!.data);
  }
});

test('weights of other images, of another space, and none at all are refused in one line', async () => {
  const others = await writeTinyImages(join(root, 'others'), 2);
  const otherData = await warmStarted('other-data', tinySearch(others));
  expect(otherData.ended.code).toBe(1);
  expect(await lastError(otherData.run)).toMatchObject({ code: 'warm-start.other-data' });

  // As from a space with fewer candidates.
  const otherSpace = await WorkerRun.create(join(root, 'other-space'), { ...tinySearch(data), warmStart });
  const { tensors, metadata } = decodeSafetensors((await earlier.store.get(`${prefix}/${supernet}`))!.bytes);
  tensors.delete([...tensors.keys()].find((name) => name.startsWith('blocks.1.'))!);
  await otherSpace.store.put('earlier', encodeSafetensors(tensors, metadata));
  await otherSpace.start(60_000).ended;
  expect(await lastError(otherSpace)).toMatchObject({ code: 'warm-start.other-space' });

  const none = await WorkerRun.create(join(root, 'none'), {
    ...tinySearch(data),
    warmStart: { key: 'nowhere', seed: 0 },
  });
  await none.start(60_000).ended;
  expect(await lastError(none)).toMatchObject({ code: 'warm-start.missing' });
});
