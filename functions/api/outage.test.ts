/** @file Parts of the service that are away: the real adapters, with nobody behind them. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { dataSets, orders, searches } from '../../shared/db/schema/index.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { type Answer, type ApiSetting, openApi } from './test-setting.ts';

const nobody = 'http://127.0.0.1:9';
const credentials = { accessKeyId: 'x', secretAccessKey: 'x' };
let storeless: ApiSetting;
let queueless: ApiSetting;

beforeAll(async () => {
  const store = new S3Store({ bucket: 'b', prefix: 'p', endpoint: nobody, region: 'us-east-1', credentials });
  storeless = await openApi(() => ({ store }));
  const queue = new BatchQueue({
    jobQueue: 'q',
    jobDefinition: 'd',
    endpoint: nobody,
    region: 'us-east-1',
    credentials,
  });
  queueless = await openApi(() => ({ queue }));
});
afterAll(async () => {
  await storeless.close();
  await queueless.close();
});
beforeEach(() => void vi.spyOn(console, 'error').mockImplementation(() => undefined));
afterEach(() => vi.restoreAllMocks());

function expectAway(answer: Answer, code: string): void {
  expect([answer.status, answer.headers.get('retry-after')], answer.text).toEqual([503, '5']);
  expect(answer.json).toMatchObject({ code });
}

const upload = { name: 'signs', source: { type: 'upload', files: [{ name: 'a/1.png', bytes: 3 }] } };
const order = (api: ApiSetting) => ({
  dataSetId: api.ours.datasets,
  space: 'tiny',
  targets: [{ hardware: 'amd-epyc-zen5-ort-1t', budgetMs: 0.08 }],
  maxCostUsd: 1,
});

it('without the store nothing is registered or ordered, and what needs no store goes on', async () => {
  const count = async () => [
    await storeless.db.$count(dataSets),
    await storeless.db.$count(orders),
    await storeless.db.$count(searches),
  ];
  const before = await count();
  const credit = (await storeless.ask('GET', '/v1/credit')).json;
  const headers = { 'idempotency-key': 'once' };
  expectAway(await storeless.ask('POST', '/v1/datasets', { json: upload, headers }), 'store.unavailable');
  expectAway(await storeless.ask('POST', '/v1/orders', { json: order(storeless) }), 'store.unavailable');
  expectAway(await storeless.ask('POST', '/v1/keys', { json: { name: 'x', scopes: ['search'] } }), 'store.unavailable');
  expectAway(await storeless.ask('GET', `/v1/architectures/${storeless.ours.architectures}`), 'store.unavailable');
  // The key is free for the same request, once the store is back.
  expectAway(await storeless.ask('POST', '/v1/datasets', { json: upload, headers }), 'store.unavailable');
  expect(await count()).toEqual(before);
  expect((await storeless.ask('GET', '/v1/credit')).json).toEqual(credit);
  expect((await storeless.ask('GET', '/v1/searches')).status).toBe(200);
  expect((await storeless.ask('GET', '/healthz')).json).toMatchObject({
    status: 'degraded',
    store: 'down',
    database: 'up',
  });
}, 120_000);

it('without the queue an order is taken and waits, and a cancellation is kept', async () => {
  const placed = await queueless.ask('POST', '/v1/orders', { json: order(queueless) });
  expect(placed.status, placed.text).toBe(201);
  const { searches: made } = placed.json as { searches: { id: string; state: string }[] };
  expect(made.map(({ state }) => state)).toEqual(['queued']);
  expect((await queueless.ask('GET', '/healthz')).json).toMatchObject({ queue: 'down' });
  // No job has claimed it, so that no queue has to be asked.
  const cancelled = await queueless.ask('POST', `/v1/searches/${made[0]!.id}/cancel`);
  expect(cancelled.json).toMatchObject({ state: 'cancelled' });
}, 120_000);
