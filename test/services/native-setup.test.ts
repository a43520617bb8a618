/** @file `npm run setup:native` for real: npm, pip, g++ and TensorFlow. The first run may download hundreds of MB. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { compile } from '../../batch/backend/native/setup/compile.ts';
import { nativeLayout } from '../../batch/backend/native/setup/layout.ts';
import { verify } from '../../batch/backend/native/setup/verify.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const setUp = async () => (await run('npm', ['run', '--silent', 'setup:native'], { cwd: root })).stdout;
const manifests = () =>
  Promise.all(['package.json', 'package-lock.json'].map((name) => readFile(join(root, name), 'utf8')));

let before: string[];
let first: string;

beforeAll(async () => {
  before = await manifests();
  first = await setUp();
}, 15 * 60_000);

test('says in one line what it used, and leaves the manifests alone', async () => {
  expect(first).toMatch(/^Native backend ready: @tensorflow\/tfjs-node [\d.]+ with TensorFlow [\d.]+ on the CPU .*\n$/);
  expect(await manifests()).toEqual(before);
});

test('a second run has nothing to do', async () => {
  const start = performance.now();
  expect(await setUp()).toContain('(already there, ');
  expect(performance.now() - start).toBeLessThan(30_000);
});

test('the gradient is that of plain JavaScript', async () => {
  const report = await verify(nativeLayout(root), 'cpu');
  expect(report.difference).toBeLessThan(1e-5);
});

test('compiles what has changed, and says what is wrong with it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fastpath-compile-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const write = (name: string, text: string) => writeFile(join(folder, name), text);
  const output = join(folder, 'both.node');
  const once = () =>
    compile({ sources: folder, output, flags: ['-fPIC'], includes: [], link: [], against: process.execPath });
  expect(await once()).toBe('nothing to compile');
  await Promise.all([write('a.cc', 'int a() { return 1; }'), write('b.cc', '#include "b.h"\nint b() { return two; }')]);
  await write('b.h', 'const int two = 2;');
  expect(await once()).toBe('compiled');
  expect(await once()).toBe('up to date');
  await write('b.h', 'const int two = 1 + 1;');
  expect(await once()).toBe('compiled');
  await write('a.cc', 'int a() { return one; }');
  await expect(once()).rejects.toMatchObject({ code: 'native.compile', message: expect.stringContaining('one') });
});
