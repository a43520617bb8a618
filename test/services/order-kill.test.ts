/**
 * @file kill -9 of `fastpath serve` at the moments of an order's submission: when its spec is in the store, when its job is
 * in the queue, and shortly after each. The client asks again with the same key: one order each, executed and paid once.
 */
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { z } from 'zod';
import { creditSchema } from '../../shared/contract/api/credit.ts';
import { createdDataSetSchema, dataSetSchema } from '../../shared/contract/api/data-sets.ts';
import { type Order, orderPageSchema, orderSchema } from '../../shared/contract/api/orders.ts';
import { progressSchema, searchDetailSchema } from '../../shared/contract/api/searches.ts';
import { usageSchema } from '../../shared/contract/api/usage.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { until } from '../fault/worker-run.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 120_000 });

const patienceMs = 600_000;
const fundedUsd = 10;
let root: string;
let service: Service;

const start = async () => {
  const flags = ['--data-root', join(root, 'data'), '--price-per-hour', '3.6'];
  service = await Service.start(root, { flags, environment: { FASTPATH_BACKEND: 'wasm' } });
};
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-order-kill-'));
  await writeTinyImages(join(root, 'data/tiny'));
  await start();
});
afterAll(async () => {
  await service?.stopped();
  await removeRoot(root);
});

const send = (path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${service.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${service.key}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

async function read<T extends z.ZodType>(schema: T, path: string, body?: unknown): Promise<z.infer<T>> {
  return schema.parse(await (await send(path, body)).json());
}

const entries = (folder: string) =>
  readdir(join(root, 'home', folder)).then(
    (names) => names.length,
    () => 0,
  );
const specs = () => entries('tenants/local/searches');
const jobs = () => entries('queue');

test('a server killed while it submits neither forgets an order nor executes or bills one twice', async () => {
  const operator = { authorization: `Bearer ${service.operatorKey}` };
  const paid = await send('/v1/credit', { tenantId: 'local', amountUsd: fundedUsd, reference: 'test' }, operator);
  expect(paid.status).toBe(201);
  const source = { name: 'tiny', source: { type: 'directory', path: 'tiny' } };
  const { id: dataSetId } = await read(createdDataSetSchema, '/v1/datasets', source);
  await until(async () => (await read(dataSetSchema, `/v1/datasets/${dataSetId}`)).state === 'verified', patienceMs);
  const request = {
    dataSetId,
    space: 'tiny',
    targets: [{ hardware: builtInModels[0]!.hardware.id, budgetMs: 0.08 }],
    schedule: { batchSize: 32, warmupEpochs: 1, searchEpochs: 2 },
    maxCostUsd: 1,
  };
  const place = (key: string) => send('/v1/orders', request, { 'idempotency-key': key });

  const moments: [seen: () => Promise<number>, waitMs: number][] = [
    [specs, 0],
    [specs, 15],
    [jobs, 0],
    [jobs, 15],
  ];
  for (const [i, [count, waitMs]] of moments.entries()) {
    const before = await count();
    const lost = place(`order-${i}`).catch(() => null);
    await until(async () => (await count()) > before, patienceMs);
    await new Promise((resolve) => setTimeout(resolve, waitMs));
    await service.killed();
    await lost;
    await start();
  }

  // A key whose request was lost with the server is free again after two minutes.
  const placed = await Promise.all(
    moments.map(async (_, i): Promise<Order> => {
      for (;;) {
        const response = await place(`order-${i}`);
        if (response.status === 201) return orderSchema.parse(await response.json());
        expect(response.status, await response.text()).toBe(409);
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    }),
  );
  const { items } = await read(orderPageSchema, '/v1/orders');
  expect(items.map(({ id }) => id).sort()).toEqual(placed.map(({ id }) => id).sort());

  const searches = placed.flatMap((order) => order.searches.map(({ id }) => id));
  const detail = (id: string) => read(searchDetailSchema, `/v1/searches/${id}`);
  await until(
    async () => (await Promise.all(searches.map(detail))).every(({ endedAt }) => endedAt !== null),
    patienceMs,
  );
  let costUsd = 0;
  const usage = await read(usageSchema, '/v1/usage');
  expect(usage.searches.map(({ searchId }) => searchId).sort()).toEqual([...searches].sort());
  for (const id of searches) {
    const search = await detail(id);
    expect(search).toMatchObject({ state: 'succeeded', attempts: [{ n: 1 }] });
    const { startedAt, stoppedAt } = search.attempts[0]!;
    const seconds = (Date.parse(stoppedAt!) - Date.parse(startedAt!)) / 1e3;
    const used = usage.searches.find(({ searchId }) => searchId === id)!;
    expect(used).toMatchObject({ attempts: 1, computeSeconds: seconds });
    costUsd += used.costUsd;
    const { records } = await read(progressSchema, `/v1/searches/${id}/progress?limit=1000`);
    expect(records.filter(({ type }) => type === 'done').length).toBe(1);
  }
  const credit = await read(creditSchema, '/v1/credit');
  expect(credit).toMatchObject({ fundedUsd, reservedUsd: 0 });
  expect(credit.spentUsd).toBeCloseTo(costUsd, 6);
  expect(credit.availableUsd).toBeCloseTo(fundedUsd - costUsd, 6);
});
