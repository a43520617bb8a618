/** @file `fastpath serve` behind a proxy that ends TLS, asked by pages of another origin and by devices without a key. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createdDataSetSchema } from '../../shared/contract/api/data-sets.ts';
import { Command } from '../integration/command.ts';
import { removeRoot, Service } from '../integration/service.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const page = 'https://app.example.com';
let root: string;
let service: Service;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-proxy-'));
  const flags = ['--public-url', 'https://fastpath.example.com', '--trust-proxy', '--cors-origin', page];
  service = await Service.start(root, { flags });
});
afterAll(async () => {
  await service.killed();
  await removeRoot(root);
});

const post = (path: string, json: unknown, headers: Record<string, string> = {}) =>
  fetch(`${service.url}${path}`, {
    method: 'POST',
    body: JSON.stringify(json),
    headers: { 'content-type': 'application/json', ...headers },
  });

test('upload addresses are those that others reach it by, and open what they name', async () => {
  const files = [{ name: 'train/a/1.jpg', bytes: 3 }];
  const made = await post(
    '/v1/datasets',
    { name: 'x', source: { type: 'upload', files } },
    { authorization: `Bearer ${service.key}`, origin: page },
  );
  expect([made.status, made.headers.get('access-control-allow-origin')]).toEqual([201, page]);
  const { uploads } = createdDataSetSchema.parse(await made.json());
  const { url } = uploads[0]!;
  expect(url).toMatch(/^https:\/\/fastpath\.example\.com\/objects\//);
  // What the proxy hands on.
  const behind = url.replace('https://fastpath.example.com', service.url);
  const uploaded = await fetch(behind, { method: 'PUT', body: 'abc', headers: { origin: page } });
  expect([uploaded.status, uploaded.headers.get('access-control-allow-origin')]).toEqual([201, page]);
  const asked = { 'access-control-request-method': 'PUT', 'access-control-request-headers': 'content-type' };
  expect((await fetch(behind, { method: 'OPTIONS', headers: { origin: page, ...asked } })).status).toBe(204);
});

test('a session of the dashboard is for TLS only', async () => {
  const signIn = await fetch(`${service.url}/app/sign-in`, {
    method: 'POST',
    body: new URLSearchParams({ key: service.key }),
    headers: { origin: 'https://fastpath.example.com' },
    redirect: 'manual',
  });
  expect([signIn.status, signIn.headers.get('set-cookie')]).toEqual([303, expect.stringMatching(/; Secure(;|$)/)]);
});

test('an address that swaps codes too often has to wait, another one has not', async () => {
  const swap = (address: string) =>
    post(
      '/v1/measurement-sessions/swap',
      { code: 'fpc_wrong', hardware: { id: 'x', device: 'x', runtime: 'x' } },
      { 'x-forwarded-for': `10.9.9.9, ${address}` },
    );
  const statuses = [];
  for (let i = 0; i < 12; i++) statuses.push((await swap('192.0.2.1')).status);
  expect(statuses.slice(0, 10)).toEqual(Array(10).fill(403));
  expect(statuses.slice(10)).toContain(429);
  const waiting = await swap('192.0.2.1');
  if (waiting.status === 429) expect(Number(waiting.headers.get('retry-after'))).toBeGreaterThan(0);
  expect((await swap('192.0.2.2')).status).toBe(403);
});

test.each<[string[], RegExp]>([
  [['--public-url', 'fastpath.example.com'], /^error: --public-url: fastpath\.example\.com is not the address/],
  [['--public-url', 'https://example.com/api'], /without a path$/],
  [['--cors-origin', 'https://app.example.com/'], /^error: "https:\/\/app\.example\.com\/" is no origin/],
])('%j is refused in one line', (flags, line) =>
  new Command(root).expectRefusal(['serve', '--port', '0', ...flags], line),
);
