import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../../shared/db/id.ts';
import {
  dataSets,
  idempotencyKeys,
  searches,
  usageEvents,
  webhookDeliveries,
} from '../../../shared/db/schema/index.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { type ApiSetting, openApi } from '../../api/test-setting.ts';
import { cancelSearch } from '../searches/cancel.ts';
import { keepUp } from './keep-up.ts';
import type { Retention } from './sweep.ts';

const dayMs = 24 * 3600_000;
let api: ApiSetting;
beforeAll(async () => {
  api = await openApi();
});
afterAll(() => api.close());

const upkeep = (retention: Retention = { detailDays: 30, searchDays: null }) => keepUp({ ...api, retention });
async function keysUnder(folder: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of api.store.list(folder)) keys.push(key.slice(folder.length));
  return keys;
}

/** A search that has ended, with all that one leaves. */
async function endedSearch(): Promise<{ id: string; folder: string }> {
  const { ids } = await api.order(['succeed'], 1);
  const id = ids[0]!;
  await cancelSearch(api, api.tenantId, id);
  const folder = `${searchPrefixOf(api.tenantId, id)}/`;
  for (const name of ['checkpoints/8/weights', 'progress/000001.jsonl', 'result/metrics.json']) {
    await api.store.put(folder + name, Buffer.from('x'));
  }
  return { id, folder };
}

it('keeps everything as long as it is to be kept, then the result, and where that is set nothing', async () => {
  const { id, folder } = await endedSearch();
  const all = await keysUnder(folder);
  expect(await upkeep()).toEqual([]);
  api.clock.aheadMs = 29 * dayMs;
  expect(await upkeep()).toEqual([]);
  expect(await keysUnder(folder)).toEqual(all);

  api.clock.aheadMs = 31 * dayMs;
  expect(await upkeep()).toEqual([]);
  expect(await keysUnder(folder)).toEqual(all.filter((key) => !/^(checkpoints|progress)/.test(key)));
  expect((await api.ask('GET', `/v1/searches/${id}/progress`)).json).toMatchObject({ records: [], state: 'cancelled' });

  expect(await upkeep({ detailDays: 30, searchDays: 60 })).toEqual([]);
  expect((await api.ask('GET', `/v1/searches/${id}`)).status).toBe(200);
  api.clock.aheadMs = 61 * dayMs;
  expect(await upkeep({ detailDays: 30, searchDays: 60 })).toEqual([]);
  expect((await api.ask('GET', `/v1/searches/${id}`)).status).toBe(404);
  expect(await keysUnder(folder)).toEqual([]);
  // One that still runs is of no age.
  expect((await api.ask('GET', `/v1/searches/${api.ours.searches}`)).status).toBe(200);
  api.clock.aheadMs = 0;
});

it('forgets idempotency keys, deliveries that are over, and uploads that nobody completed', async () => {
  const json = { name: 'signs', source: { type: 'upload', files: [{ name: 'a/1.png', bytes: 3 }] } };
  const headers = { 'idempotency-key': 'k' };
  const sent = await api.ask('POST', '/v1/datasets', { json, headers });
  const { id } = sent.json as { id: string };
  const common = { tenantId: api.tenantId, webhookId: api.ours.webhooks!, event: 'search.failed', body: {} };
  const createdAt = api.clock.now();
  const delivery = (over: boolean) => ({
    ...common,
    id: newId('whd', api.clock),
    searchId: newId('srch', api.clock),
    createdAt,
    ...(over ? { state: 'given-up' as const } : { state: 'pending' as const, nextTryAt: createdAt }),
  });
  await api.db.insert(webhookDeliveries).values([delivery(true), delivery(false)]);
  api.clock.aheadMs = 2 * dayMs;
  expect(await upkeep()).toEqual([]);
  expect(await api.db.$count(idempotencyKeys)).toBe(0);
  expect(await api.db.$count(dataSets, eq(dataSets.id, id))).toBe(1);
  expect(await api.db.$count(webhookDeliveries)).toBe(2);
  api.clock.aheadMs = 31 * dayMs;
  expect(await upkeep()).toEqual([]);
  expect(await api.db.$count(dataSets, eq(dataSets.id, id))).toBe(0);
  expect(await keysUnder(`tenants/${api.tenantId}/datasets/${id}/`)).toEqual([]);
  expect((await api.db.select().from(webhookDeliveries)).map(({ state }) => state)).toEqual(['pending']);
  api.clock.aheadMs = 0;
});

it('removes what has no owner once it is a day old, and nothing else', async () => {
  api.clock.aheadMs = 100 * dayMs;
  const folder = `tenants/${api.tenantId}/`;
  const orphans = [`searches/${newId('srch', api.clock)}/spec.json`, `datasets/${newId('ds', api.clock)}/files/a`];
  const others = [
    'searches/0123456789abcdef/spec.json',
    'latency-models/mine/latest.json',
    `searches/${api.ours.searches}/x`,
  ];
  for (const key of [...orphans, ...others]) await api.store.put(folder + key, Buffer.from('x'));
  await upkeep();
  expect(await keysUnder(folder)).toEqual(expect.arrayContaining([...orphans, ...others]));
  api.clock.aheadMs += dayMs + 1;
  await upkeep();
  const left = await keysUnder(folder);
  expect(left).toEqual(expect.arrayContaining(others));
  for (const orphan of orphans) expect(left).not.toContain(orphan);
  api.clock.aheadMs = 0;
});

it('measures what each tenant keeps once a day, and again where that was cut off', async () => {
  api.clock.aheadMs = 200 * dayMs;
  const day = api.clock.now().toISOString().slice(0, 10);
  const measured = () => api.db.$count(usageEvents, eq(usageEvents.day, day));
  const list = () => {
    throw new Error('cut off');
  };
  const failures = await keepUp({
    ...api,
    retention: { detailDays: 1e4, searchDays: null },
    store: Object.assign(Object.create(api.store), { list }),
  });
  expect(failures.map((error) => (error as Error).message)).toContain('cut off');
  expect(await measured()).toBe(0);
  await upkeep();
  await upkeep();
  expect(await measured()).toBe(2);
  expect(await api.db.$count(searches, eq(searches.id, api.ours.searches!))).toBe(1);
  api.clock.aheadMs = 0;
});
