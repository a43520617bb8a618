/**
 * @file Requests that schemathesis makes up from /openapi.json, right and wrong ones, one by one and in chains, against
 * the running server: no 5xx, only documented statuses and types, answers that fit their schemas, wrong data refused,
 * keys asked for. Seeded; in time, whatever the machine does.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { Service } from '../integration/service.ts';
import { python } from './python.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const mostSeconds = 75;
let root: string;
let serving: Service;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-schemathesis-'));
  // Roles that it makes up are nobody's business outside.
  const nowhere = { AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:9', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
  serving = await Service.start(root, { environment: { ...nowhere, AWS_REGION: 'us-east-1' } });
});
afterAll(async () => {
  await serving.killed();
  await rm(root, { recursive: true, force: true });
});

test('nothing that schemathesis makes up breaks the server', async () => {
  const args = [
    ...['-m', 'schemathesis.cli', '--config-file', join(import.meta.dirname, 'schemathesis.toml')],
    ...['run', `${serving.url}/openapi.json`, '--max-time', String(mostSeconds), '--no-color'],
    // The operator's: any other key it would find in a list, and revoke.
    ...['-H', `Authorization: Bearer ${serving.operatorKey}`],
  ];
  const said = await new Promise<{ code: unknown; out: string }>((resolve) => {
    const options = { cwd: root, maxBuffer: 1e8, env: { ...process.env, PYTHONUNBUFFERED: '1' } };
    execFile(python('schemathesis'), args, options, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out: out + err }),
    );
  });
  console.log(/^Test cases:\n.*$/m.exec(said.out)?.[0] ?? said.out.slice(-2000));
  expect(said.code, said.out).toBe(0);
  // A run that tested nothing passes, too.
  expect(said.out).toMatch(/Selected: (\d+)\/\1\n\s+Tested: \1\n/);
  expect(serving.err()).not.toMatch(/^\s+at |Unhandled/m);
});
