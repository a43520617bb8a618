import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Fastpath } from '../../client/index.ts';
import { placeOnce } from './placed-once.ts';

/** What the service does with each request, in turn; its answers are by the key. */
let behaviours: ('answer' | 'lose' | 'refuse')[];
const keys: string[] = [];
const orders = new Map<string, string>();
const server = createServer((request, response) => {
  const key = String(request.headers['idempotency-key']);
  const behaviour = behaviours.shift()!;
  keys.push(key);
  if (behaviour === 'refuse') {
    const problem = { type: 'about:blank', title: 'x', status: 402, detail: 'no credit', code: 'credit.insufficient' };
    response.writeHead(402, { 'content-type': 'application/problem+json' });
    response.end(JSON.stringify({ ...problem, requestId: 'r' }));
    return;
  }
  if (!orders.has(key)) orders.set(key, `ord_${orders.size}`);
  if (behaviour === 'lose') response.destroy();
  else
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ id: orders.get(key), searches: [] }));
});
const order = { dataSetId: 'ds_1', space: 'tiny', targets: [{ hardware: 'x', budgetMs: 1 }], maxCostUsd: 1 };
let home: string;
let fastpath: Fastpath;
const before = process.env.FASTPATH_HOME;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'fastpath-placed-'));
  process.env.FASTPATH_HOME = home;
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  fastpath = new Fastpath({ url: `http://127.0.0.1:${port}`, key: 'fp_x', retries: 0 });
});
beforeEach(() => {
  keys.length = 0;
  orders.clear();
});
afterAll(async () => {
  if (before === undefined) delete process.env.FASTPATH_HOME;
  else process.env.FASTPATH_HOME = before;
  server.close();
  await rm(home, { recursive: true });
});

test('the same order again after a lost answer is that order; after an answer it is a new one', async () => {
  behaviours = ['lose', 'lose', 'answer', 'answer'];
  await expect(placeOnce(fastpath, order)).rejects.toMatchObject({ code: 'api.unreachable' });
  await expect(placeOnce(fastpath, order)).rejects.toMatchObject({ code: 'api.unreachable' });
  expect(await placeOnce(fastpath, order)).toMatchObject({ again: true, order: { id: 'ord_0' } });
  expect(await placeOnce(fastpath, order)).toMatchObject({ again: false, order: { id: 'ord_1' } });
  expect(new Set(keys).size).toBe(2);
});

test('another order, and one that was refused, have keys of their own, and nothing is left behind', async () => {
  behaviours = ['lose', 'answer', 'refuse', 'answer', 'answer'];
  await expect(placeOnce(fastpath, order)).rejects.toMatchObject({ code: 'api.unreachable' });
  expect(await placeOnce(fastpath, { ...order, maxCostUsd: 2 })).toMatchObject({ again: false });
  await expect(placeOnce(fastpath, { ...order, maxCostUsd: 3 })).rejects.toMatchObject({ status: 402 });
  expect(await placeOnce(fastpath, { ...order, maxCostUsd: 3 })).toMatchObject({ again: false });
  expect(await placeOnce(fastpath, order)).toMatchObject({ again: true, order: { id: 'ord_0' } });
  expect(new Set(keys).size).toBe(4);
  expect((await readdir(home, { recursive: true })).filter((name) => name.includes('orders'))).toEqual([]);
});
