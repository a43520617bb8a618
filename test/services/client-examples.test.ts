/** @file The examples of the client's document, as they stand, from the packed package, against the running service. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { removeRoot, Service } from '../integration/service.ts';
import { writeTinyArchitecture, writeTinyImages } from '../integration/tiny-images.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const execute = promisify(execFile);
const repository = join(import.meta.dirname, '../..');
const document = readFileSync(join(repository, 'functions/client/README.md'), 'utf8');
const examples = Array.from(document.matchAll(/^```ts\n(.*?)^```$/gms), ([, code]) => code!);
const tsc = join(repository, 'node_modules/typescript/bin/tsc');

let root: string;
let service: Service;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-client-'));
  await installPacked(join(root, 'node_modules'));
  await writeTinyImages(join(root, 'images'));
  await writeTinyArchitecture(join(root, 'architecture.json'));
  await writeFile(join(root, 'package.json'), '{ "type": "module" }');
  await writeFile(join(root, 'program.ts'), examples.join('\n'));
  service = await Service.start(root);
});
afterAll(async () => {
  service.kill();
  await removeRoot(root);
});

/** As npm would install it: what `npm pack` packs, beside what the package depends on. */
async function installPacked(modules: string): Promise<void> {
  await mkdir(modules);
  const packing = ['pack', '--ignore-scripts', '--silent', '--pack-destination', modules];
  const { stdout } = await execute('npm', packing, { cwd: repository });
  await execute('tar', ['-xzf', stdout.trim(), '-C', modules], { cwd: modules });
  await rename(join(modules, 'package'), join(modules, 'fastpath'));
  for (const name of ['hono', 'zod', '@types'])
    await symlink(join(repository, 'node_modules', name), join(modules, name));
}

test('there are six', () => expect(examples).toHaveLength(6));

test.each([
  ['ESNext', 'Bundler'],
  ['NodeNext', 'NodeNext'],
])('fit the types of the package, in modules of %s resolved as %s', async (module, resolution) => {
  const misuse = "// @ts-expect-error\nawait fastpath.orders.place({ ...wanted, maxCostUsd: '5' });";
  await writeFile(join(root, 'misuse.ts'), `${examples.join('\n')}\n${misuse}`);
  const strict = [
    '--noEmit',
    '--skipLibCheck',
    '--strict',
    '--noUncheckedIndexedAccess',
    '--exactOptionalPropertyTypes',
  ];
  const modules = ['--target', 'es2022', '--module', module, '--moduleResolution', resolution, '--types', 'node'];
  await execute(process.execPath, [tsc, ...strict, ...modules, 'program.ts', 'misuse.ts'], { cwd: root });
});

test('run, from a prediction to what a search took', async () => {
  const { code } = await transform(readFileSync(join(root, 'program.ts'), 'utf8'), { loader: 'ts' });
  await writeFile(join(root, 'program.js'), code);
  const env = { ...process.env, FASTPATH_API_URL: service.url, FASTPATH_API_KEY: service.key };
  const { stdout, stderr } = await execute(process.execPath, ['program.js'], { cwd: root, env });
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^[\d.]+ ms on amd-epyc-zen4-ort-1t, most likely [\d.]+ to [\d.]+$/m);
  expect(stdout).toMatch(/^460 images of 10 classes$/m);
  expect(stdout).toMatch(/^about [\d.]+ s of compute for 0 USD$/m);
  const steps = Array.from(stdout.matchAll(/^step (\d+) of \d+: loss [\d.]+$/gm), ([, step]) => Number(step));
  expect(steps.length).toBeGreaterThan(1);
  expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
  expect(stdout).toMatch(/'weights\.safetensors'.*'metrics\.json'\s*\]$/ms);
  expect(stdout).toMatch(/^[\d.]+ s of compute, 0 USD this month$/m);
  expect(stdout).toMatch(/^my-phone has model [0-9a-f]+$/m);
  const metrics = JSON.parse(readFileSync(join(root, 'result/metrics.json'), 'utf8'));
  expect(metrics.format).toBe('fastpath.metrics/1');
});
