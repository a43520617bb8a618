import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { secondsKey } from '../../shared/store/search-keys.ts';
import { computeLimit } from './compute-limit.ts';

let root: string;
let store: DirectoryStore;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-limit-'));
  store = new DirectoryStore(root);
});
afterEach(async () => {
  vi.useRealTimers();
  // The limit's clock may be writing its seconds at this moment.
  await rm(root, { recursive: true, force: true, maxRetries: 5 });
});

const note = (attempt: number, seconds: number) =>
  store.put(secondsKey('search', attempt), Buffer.from(JSON.stringify(seconds)));

/** A limit of 1000 s with `leftSeconds` of it left to the third attempt. */
async function limitWith(leftSeconds: number, onLast = () => {}) {
  const seen = 1000 - process.uptime() - 2 * 15 - leftSeconds;
  await note(1, seen * 0.25);
  await note(2, seen * 0.75);
  return computeLimit(store, 'search', 3, 1000, onLast);
}

it('counts what earlier attempts noted and may have run unseen', async () => {
  const limit = await limitWith(100);
  expect(limit.isReached(90)).toBe(false);
  expect(limit.isReached(100)).toBe(true);
  expect(limit.isOverdue).toBe(false);
  expect((await limitWith(0)).isReached(0)).toBe(true);
});

it('tells what all attempts have computed, with a limit and without', async () => {
  const limit = await limitWith(100);
  expect(limit.usedSeconds).toBeGreaterThan(1000 - 2 * 15 - 100 - 1);
  expect(limit.usedSeconds).toBeLessThan(1000 - 2 * 15 - 100 + 10);
  const unlimited = await computeLimit(store, 'search', 3, null, () => {});
  expect(unlimited.usedSeconds - limit.usedSeconds).toBeLessThan(10);
  expect(unlimited.isReached(1e9)).toBe(false);
  expect(unlimited.isOverdue).toBe(false);
});

it('is overdue when finishing takes longer than foreseen', async () => {
  expect((await limitWith(-15)).isOverdue).toBe(false);
  expect((await limitWith(-21)).isOverdue).toBe(true);
});

it('comes to its last second within the minute after the limit', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] });
  const onLast = vi.fn();
  await limitWith(200, onLast);
  await vi.advanceTimersByTimeAsync(240_000);
  expect(onLast).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(15_000);
  expect(onLast).toHaveBeenCalledOnce();
});
