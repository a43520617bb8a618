/** @file An estimate counts images and steps as the worker will. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { estimateRequestSchema } from '../../../shared/contract/api/orders.ts';
import { newId } from '../../../shared/db/id.ts';
import { dataSets } from '../../../shared/db/schema/index.ts';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { publicModels } from '../../predict/public-models.ts';
import { openSetting, type Setting } from '../searches/test-setting.ts';
import { estimateOrder } from './estimate.ts';

let setting: Setting;
beforeEach(async () => {
  setting = await openSetting();
});
afterEach(() => setting.close());

/** 10 classes; of 12,000 images 10,000 train where that is known. */
async function estimate(trainImages: number | null, training: object, more: object = {}) {
  const { db, clock, tenantId } = setting;
  const id = newId('ds', clock);
  const counts = { classes: 10, images: 12_000, trainImages, bytes: 1e6, fingerprint: 'a'.repeat(64) };
  const now = clock.now();
  const row = {
    id,
    tenantId,
    name: 'signs',
    source: 'directory' as const,
    uri: '/nowhere',
    state: 'verified' as const,
  };
  await db.insert(dataSets).values({ ...row, ...counts, createdAt: now, verifiedAt: now });
  const price = { instanceType: 'local', pricePerHourUsd: 0, source: 'test', date: '2026-11-26' };
  const request = estimateRequestSchema.parse({
    dataSetId: id,
    space: 'tiny',
    targets: [{ hardware: 'amd-epyc-zen4-ort-1t', budgetMs: 0.08 }],
    schedule: { batchSize: 100, warmupEpochs: 1, searchEpochs: 2 },
    training: { epochs: 3, batchSize: 50, ...training },
    ...more,
  });
  const { basis, searches } = await estimateOrder(
    { ...setting, price, models: publicModels(builtInModels) },
    tenantId,
    request,
  );
  const { trainingImages, validationImages, warmUpSteps, weightSteps, trainingSteps } = basis;
  return { searches, trainingImages, validationImages, warmUpSteps, weightSteps, trainingSteps };
}

it("leaves a set's own held-out images out, and those that train path logits", async () => {
  // A tenth of the training images for path logits; 90 steps an epoch, 3 epochs; the training uses all 10,000.
  expect(await estimate(10_000, {})).toEqual({
    ...{ searches: 1, trainingImages: 9000, validationImages: 1000 },
    ...{ warmUpSteps: 0, weightSteps: 270, trainingSteps: 600 },
  });
});

it('holds images out of the training where it keeps the best epoch or the set has none of its own', async () => {
  expect((await estimate(10_000, { keepBest: true })).trainingSteps).toBe(540);
  expect(await estimate(12_000, {})).toMatchObject({ trainingImages: 10_800, trainingSteps: 3 * 216 });
  expect(await estimate(null, {})).toMatchObject({ trainingImages: 10_800, trainingSteps: 3 * 216 });
});

it('counts several batches as one step', async () => {
  expect((await estimate(10_000, { accumulate: 3 })).trainingSteps).toBe(3 * 66);
});

it('counts a warm-up once for all searches of a sweep, and none where there is nothing to share', async () => {
  const several = { seeds: [0, 1, 2] };
  expect(await estimate(10_000, {}, several)).toMatchObject({ searches: 3, warmUpSteps: 90, weightSteps: 180 });
  const cold = { ...several, schedule: { batchSize: 100, warmupEpochs: 0, searchEpochs: 2 } };
  expect(await estimate(10_000, {}, cold)).toMatchObject({ searches: 3, warmUpSteps: 0, weightSteps: 180 });
  for (const seeds of [{ seed: 0, seeds: [1] }, { seeds: [1, 1] }]) {
    await expect(estimate(10_000, {}, seeds)).rejects.toMatchObject({ code: 'order.seeds' });
  }
});
