import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { fingerprint, unlessUpToDate } from './compile.ts';

test('a fingerprint tells parts apart', () => {
  expect(fingerprint(['a', 'b'])).toBe(fingerprint([Buffer.from('a'), 'b']));
  const all = [['a', 'b'], ['ab'], ['b', 'a'], ['a', 'b', ''], ['', 'a', 'b']].map(fingerprint);
  expect(new Set(all).size).toBe(all.length);
});

test('a file is made again only when its key changes or it is gone', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-compile-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'a.o');
  const made = (key: string, text: string) => unlessUpToDate(path, key, (target) => writeFile(target, text));
  expect(await made('1', 'first')).toBe(true);
  expect(await made('1', 'other')).toBe(false);
  expect(await readFile(path, 'utf8')).toBe('first');
  expect(await made('2', 'second')).toBe(true);
  await rm(path);
  expect(await made('2', 'third')).toBe(true);
  const failing = unlessUpToDate(path, '3', () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
  expect(await readFile(path, 'utf8')).toBe('third');
  expect(await made('2', 'fourth')).toBe(false);
});
