/** @file The running service while its PostgreSQL is away, and when it is back. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { removeRoot, Service } from '../integration/service.ts';
import { PostgresServer } from './postgres-server.ts';

let root: string;
let postgres: PostgresServer;
let serving: Service;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-outage-'));
  postgres = await PostgresServer.start();
  serving = await Service.start(root, { environment: { DATABASE_URL: await postgres.createDatabase() } });
});
afterAll(async () => {
  await serving.killed();
  await postgres.remove();
  await removeRoot(root);
});

const ask = async (method: string, path: string, json?: unknown) => {
  const response = await fetch(`${serving.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${serving.key}`, 'content-type': 'application/json' },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
  });
  return {
    status: response.status,
    retryAfter: response.headers.get('retry-after'),
    json: (await response.json()) as { code?: string; status?: string; items?: unknown[] },
  };
};

test('answers 503 with Retry-After while the database is away, writes nothing, and goes on by itself', async () => {
  const key = { name: 'made', scopes: ['search'] };
  expect((await ask('POST', '/v1/keys', key)).status).toBe(201);
  const before = (await ask('GET', '/v1/keys')).json.items?.length;
  await postgres.halt();
  for (const [method, path, json] of [
    ['GET', '/v1/searches'],
    ['GET', '/v1/usage'],
    ['POST', '/v1/keys', { ...key, name: 'not made' }],
    ['POST', '/v1/datasets', { name: 'x', source: { type: 'upload', files: [{ name: 'a', bytes: 1 }] } }],
    ['DELETE', '/v1/searches/srch_01jd9z5k3q8v7w6x5y4t3s2r1p'],
  ] as [string, string, unknown][]) {
    const answer = await ask(method, path, json);
    expect([method, path, answer.status, answer.retryAfter]).toEqual([method, path, 503, '5']);
    expect(answer.json.code).toBe('database.unavailable');
  }
  expect((await ask('GET', '/healthz')).json).toMatchObject({ status: 'degraded', database: 'down', store: 'up' });
  await postgres.run();
  await expect.poll(async () => (await ask('GET', '/healthz')).json.status, { timeout: 60_000 }).toBe('ok');
  expect((await ask('GET', '/v1/keys')).json.items?.length).toBe(before);
  expect((await ask('POST', '/v1/keys', key)).status).toBe(201);
});
