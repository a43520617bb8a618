/** @file The check of a deployed stage, against the service on this machine. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { removeRoot, Service } from '../integration/service.ts';
import { findDeployed, keyIn } from '../smoke/deployed.ts';
import { orderTinySearch } from '../smoke/order.ts';
import { visitPages } from '../smoke/pages.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

let root: string;
let service: Service;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-smoke-test-'));
  service = await Service.start(root);
});
afterAll(async () => {
  await service.killed();
  await removeRoot(root);
});

test('orders a search and finds its result within budget, with weights and usage', async () => {
  const lines: string[] = [];
  await orderTinySearch({ url: service.url, adminKey: keyIn(service.keyFile), say: (line) => lines.push(line) });
  expect(lines[0]).toMatch(/^data set ds_\w+: 460 images of 10 classes$/);
  expect(lines).toContainEqual(expect.stringMatching(/^Backend: .* GB of memory$/));
  expect(lines.at(-1)).toMatch(/^found \w+: 0\.0\d+ ms within 0\.08; [\d.]+ s, 0 USD$/);
});

test('opens the pages, and gets all that they load', async () => {
  const lines: string[] = [];
  await visitPages({ url: service.url, adminKey: keyIn(service.keyFile), say: (line) => lines.push(line) });
  expect(lines).toEqual([expect.stringMatching(/^pages answer, and the measuring page gets its 8 files of 41 MB$/)]);
  const stranger = { url: service.url, adminKey: 'fp_nobody', say: () => undefined };
  await expect(visitPages(stranger)).rejects.toThrow(/^signing in answers 401, not a session$/);
});

test('says what to do where there is no key, or no such stage was deployed from here', async () => {
  expect(() => keyIn(join(root, 'no-key'))).toThrow(/^there is no key in /);
  await expect(findDeployed('dev', root)).rejects.toThrow(/run npm run deploy -- --stage dev here first$/);
});
