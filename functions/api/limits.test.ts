/** @file What stops a request that is well-formed and allowed: credit, a month's limit, the rate, a twin in flight. */
import { eq } from 'drizzle-orm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { orders, searches, tenants } from '../../shared/db/schema/index.ts';
import { progressKey, searchPrefixOf } from '../../shared/store/search-keys.ts';
import { RateLimiter } from './rate-limit.ts';
import { type ApiSetting, openApi } from './test-setting.ts';

let api: ApiSetting;
beforeEach(async () => {
  api = await openApi(({ clock, network }) => ({
    limiter: new RateLimiter({ perSecond: 0.5, burst: 8 }, clock),
    network: { ...network, resolve: (host) => (host === 'slow.example.com' ? slow.promise : network.resolve(host)) },
  }));
});
afterEach(() => api.close());

/** A name that is looked up until the test says what it is. */
let slow = withResolvers();
beforeEach(() => {
  slow = withResolvers();
});
function withResolvers() {
  let resolve: (addresses: string[]) => void = () => {};
  const promise = new Promise<string[]>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const order = (maxCostUsd: number) => ({
  dataSetId: api.ours.datasets,
  space: 'tiny',
  targets: [{ hardware: 'amd-epyc-zen4-ort-1t', budgetMs: 0.08 }],
  maxCostUsd,
});
const ordersOf = async () => (await api.db.select().from(orders).where(eq(orders.tenantId, api.tenantId))).length;

it('402 where the credit or the month does not cover an order, which then does not exist', async () => {
  const before = await ordersOf();
  // The setting tops up 1,000 dollars.
  const dear = await api.ask('POST', '/v1/orders', { json: order(5000) });
  expect([dear.status, dear.json]).toMatchObject([402, { code: 'credit.insufficient' }]);
  await api.db.update(tenants).set({ monthlyLimitMicroUsd: 3_000_000 }).where(eq(tenants.id, api.tenantId));
  const limited = await api.ask('POST', '/v1/orders', { json: order(4) });
  expect([limited.status, limited.json]).toMatchObject([402, { code: 'credit.monthly-limit' }]);
  expect(await ordersOf()).toBe(before);
  expect((await api.ask('POST', '/v1/orders', { json: order(2) })).status).toBe(201);
  expect(await ordersOf()).toBe(before + 1);
});

it('429 with how long to wait, for this key alone, until the wait is over', async () => {
  const list = (key: 'admin' | 'search' = 'search') => api.ask('GET', '/v1/searches', { key });
  for (let left = 7; left >= 0; left--) {
    const { status, headers } = await list();
    expect([status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]).toEqual([200, '8', `${left}`]);
  }
  const { status, headers, json } = await list();
  expect([status, json]).toMatchObject([429, { code: 'request.rate' }]);
  expect(headers.get('ratelimit-remaining')).toBe('0');
  const waitSeconds = Number(headers.get('retry-after'));
  expect(waitSeconds).toBeGreaterThan(0);
  expect(waitSeconds).toBeLessThanOrEqual(2);
  expect((await list('admin')).status).toBe(200);
  api.clock.aheadMs += waitSeconds * 1000;
  expect((await list()).status).toBe(200);
});

it('409 while the same request is still being answered, and its answer afterwards', async () => {
  const webhook = { json: { url: 'https://slow.example.com/' }, headers: { 'idempotency-key': 'twin' } };
  const first = api.ask('POST', '/v1/webhooks', webhook);
  const second = await api.ask('POST', '/v1/webhooks', webhook);
  expect([second.status, second.json]).toMatchObject([409, { code: 'request.in-flight' }]);
  expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
  slow.resolve(['93.184.215.14']);
  const made = await first;
  expect(made.status).toBe(201);
  expect((await api.ask('POST', '/v1/webhooks', webhook)).json).toEqual(made.json);
});

it('events: from the time to come back after to the end, resumed behind an id', async () => {
  const id = api.ours.searches!;
  const key = progressKey(searchPrefixOf(api.tenantId, id), 1);
  const notes = ['one', 'two', 'three'].map((message, step) => ({ type: 'note', step, level: 'info', message }));
  await api.store.put(key, Buffer.from(notes.map((note) => `${JSON.stringify(note)}\n`).join('')));
  const now = api.clock.now();
  const ended = { state: 'cancelled' as const, endedAt: now, cancelRequestedAt: now };
  await api.db.update(searches).set(ended).where(eq(searches.id, id));
  const events = async (headers: Record<string, string>) => {
    const authorization = `Bearer ${api.keys.search}`;
    const response = await api.app.request(`/v1/searches/${id}/events`, { headers: { authorization, ...headers } });
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    return response.text();
  };
  const all = await events({});
  expect(all).toMatch(/^retry: \d+\n/);
  expect([...all.matchAll(/"message":"(\w+)"/g)].map(([, message]) => message)).toEqual(['one', 'two', 'three']);
  expect(all).toMatch(/event: state\ndata: \{"state":"cancelled"\}/);
  const rest = await events({ 'last-event-id': '1000001' });
  expect([...rest.matchAll(/"message":"(\w+)"/g)].map(([, message]) => message)).toEqual(['three']);
});
