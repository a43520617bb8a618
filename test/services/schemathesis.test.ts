/**
 * @file Requests that schemathesis makes up from /openapi.json, right and wrong ones, one by one and in chains, against
 * the running server: no 5xx, only documented statuses and types, answers that fit their schemas, wrong data refused,
 * keys asked for. Orders find a verified data set. Seeded; in time, whatever the machine does.
 */
import { execFile } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Fastpath } from '../../functions/client/index.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { isTerminal } from '../../shared/search-state/search-state.ts';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { python } from './python.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const mostSeconds = 75;
let root: string;
let serving: Service;
let fastpath: Fastpath;
let dataSetId: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-schemathesis-'));
  // Roles that it makes up are nobody's business outside.
  const nowhere = { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
  await writeTinyImages(join(root, 'data/tiny'));
  const flags = ['--data-root', join(root, 'data')];
  serving = await Service.start(root, { flags, environment: { ...nowhere, AWS_REGION: 'us-east-1' } });
  fastpath = new Fastpath({ url: serving.url, key: serving.operatorKey });
  const { id } = await fastpath.dataSets.create({ name: 'tiny', source: { type: 'directory', path: 'tiny' } });
  dataSetId = (await fastpath.dataSets.verified(id)).id;
});
afterAll(async () => {
  for await (const { id, state } of fastpath.searches.list()) {
    // It may end by itself in between.
    if (!isTerminal(state)) await fastpath.searches.cancel(id).catch(() => undefined);
  }
  await serving.killed();
  await removeRoot(root);
});

test('nothing that schemathesis makes up breaks the server', async () => {
  const args = [
    ...['-m', 'schemathesis.cli', '--config-file', join(import.meta.dirname, 'schemathesis.toml')],
    ...['run', `${serving.url}/openapi.json`, '--max-time', String(mostSeconds), '--no-color'],
    // The operator's: any other key it would find in a list, and revoke.
    ...['-H', `Authorization: Bearer ${serving.operatorKey}`],
  ];
  const hooks = {
    SCHEMATHESIS_HOOKS: join(import.meta.dirname, 'schemathesis_hooks.py'),
    FASTPATH_TEST_DATA_SET: dataSetId,
    FASTPATH_TEST_HARDWARE: builtInHardware()[0]!.id,
  };
  const said = await new Promise<{ code: unknown; out: string }>((resolve) => {
    const options = { cwd: root, maxBuffer: 1e8, env: { ...process.env, ...hooks, PYTHONUNBUFFERED: '1' } };
    execFile(python('schemathesis'), args, options, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out: out + err }),
    );
  });
  console.log(/^Test cases:\n.*$/m.exec(said.out)?.[0] ?? said.out.slice(-2000));
  expect(said.code, said.out).toBe(0);
  // A run that tested nothing passes, too.
  expect(said.out).toMatch(/Selected: (\d+)\/\1\n\s+Tested: \1\n/);
  const placed = [];
  for await (const { id } of fastpath.orders.list()) placed.push(id);
  expect(placed.length).toBeGreaterThan(0);
  expect(serving.err()).not.toMatch(/^\s+at |Unhandled/m);
});
