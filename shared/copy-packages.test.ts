import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { copyPackages } from './copy-packages.ts';

let root: string;
let target: string;

async function put(place: string, manifest: object): Promise<void> {
  const folder = join(root, 'node_modules', place);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'index.js'), '');
  await writeFile(join(folder, 'index.js.map'), '');
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-packages-'));
  target = join(root, 'target');
  onTestFinished(() => rm(root, { recursive: true }));
});

test('packages come with all they need, each version where it was, and nothing else', async () => {
  await put('a', { dependencies: { b: '1', '@s/c': '1' }, optionalDependencies: { linux: '1', windows: '1' } });
  await put('b', { version: '2' });
  await put('a/node_modules/b', { version: '1', dependencies: { a: '1' } });
  await put('@s/c', { dependencies: { b: '2' } });
  await put('linux', {});
  await put('other', {});
  await copyPackages(root, ['a'], target);
  const modules = join(target, 'node_modules');
  expect((await readdir(modules)).sort()).toEqual(['@s', 'a', 'b', 'linux']);
  expect(existsSync(join(modules, 'a/node_modules/b/package.json'))).toBe(true);
  expect((await readdir(join(modules, 'b'))).sort()).toEqual(['index.js', 'package.json']);
});

test('a package that is not there gets one clear line', async () => {
  await put('a', { dependencies: { gone: '1' } });
  const message = 'the npm package gone is not installed: run npm ci';
  await expect(copyPackages(root, ['a'], target)).rejects.toMatchObject({ code: 'build.package-missing', message });
});
