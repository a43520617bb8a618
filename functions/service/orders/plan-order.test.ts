/** @file What an order makes of an earlier search to start from. */
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { estimateRequestSchema } from '../../../shared/contract/api/orders.ts';
import type { SearchSpec } from '../../../shared/contract/job-spec.ts';
import { newId } from '../../../shared/db/id.ts';
import { dataSets, orders, searches } from '../../../shared/db/schema/index.ts';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { searchPrefixOf, specKey } from '../../../shared/store/search-keys.ts';
import { tinySearch } from '../../../test/fault/tiny-search.ts';
import { publicModels } from '../../predict/public-models.ts';
import { openSetting, type Setting } from '../searches/test-setting.ts';
import { planOrder } from './plan-order.ts';

let setting: Setting;
let dataSetId: string;
beforeAll(async () => {
  setting = await openSetting();
  const { db, clock, tenantId } = setting;
  dataSetId = newId('ds', clock);
  const row = { name: 'signs', source: 'directory' as const, uri: '/nowhere', state: 'verified' as const };
  const counts = { classes: 10, images: 460, bytes: 1e6, fingerprint: 'a'.repeat(64) };
  const at = { createdAt: clock.now(), verifiedAt: clock.now() };
  await db.insert(dataSets).values({ id: dataSetId, tenantId, ...row, ...counts, ...at });
});
afterAll(() => setting.close());

/** Of a search with seed 3 that succeeded on the data set. */
async function succeeded(spec: Partial<SearchSpec>): Promise<string> {
  const { db, clock } = setting;
  const { orderId, ids } = await setting.order([{ ...tinySearch('/nowhere', 3), ...spec }]);
  const outcome = { state: 'succeeded' as const, jobId: ids[0]!, architectureId: '0'.repeat(16), endedAt: clock.now() };
  await db.update(searches).set(outcome).where(eq(searches.id, ids[0]!));
  await db.update(orders).set({ dataSetId }).where(eq(orders.id, orderId));
  return ids[0]!;
}

async function warmStartOf(searchId: string) {
  const price = { instanceType: 'local', pricePerHourUsd: 0, source: 'test', date: '2026-11-26' };
  const request = estimateRequestSchema.parse({
    dataSetId,
    space: 'tiny',
    targets: [{ hardware: 'amd-epyc-zen4-ort-1t', budgetMs: 0.08 }],
    seed: 7,
    warmStartFrom: searchId,
  });
  const deps = { ...setting, price, models: publicModels(builtInModels) };
  const [spec] = (await planOrder(deps, setting.tenantId, request)).specs;
  expect(spec!.seed).toBe(7);
  return spec!.warmStart;
}

test('weights come with the seed that divided the images they were trained on', async () => {
  const alone = await succeeded({});
  const key = (id: string) => `${searchPrefixOf(setting.tenantId, id)}/supernet.safetensors`;
  expect(await warmStartOf(alone)).toEqual({ key: key(alone), seed: 3 });
  const ofSweep = await succeeded({ warmUp: { key: 'warm-up.safetensors', seed: 2 } });
  expect(await warmStartOf(ofSweep)).toEqual({ key: key(ofSweep), seed: 2 });
});

test('a search that started from another one trained no weights: those it started from are taken', async () => {
  const warmStart = { key: 'supernet.safetensors', seed: 1 };
  expect(await warmStartOf(await succeeded({ warmStart }))).toEqual(warmStart);
});

test('a search whose spec is gone is refused', async () => {
  const id = await succeeded({});
  await setting.store.delete(specKey(searchPrefixOf(setting.tenantId, id)));
  await expect(warmStartOf(id)).rejects.toMatchObject({ code: 'order.warm-start' });
});
