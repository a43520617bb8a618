/** @file Commands that train nothing, as built: what their process really loads, and how soon it answers. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { heavy, loadedModules, processorMs } from './light.ts';

const hardware = builtInHardware()[0]!.id;
let root: string;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-light-'));
  env = { FASTPATH_HOME: join(root, 'home') };
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  const path = plan.blocks.map(() => 0);
  await writeFile(join(root, 'timings.csv'), 'signature,latency_ms\nhead-i320-o1280-r7,0.51\n');
  await writeFile(join(root, 'architecture.json'), JSON.stringify(pathToArchitecture(plan, path)));
});
afterAll(() => rm(root, { recursive: true }));

const commands = {
  describe: ['describe', 'architecture.json'],
  predict: ['predict', '--blocks', '--hardware', hardware, 'architecture.json'],
  hardware: ['hardware'],
  import: ['import', 'timings.csv', '--hardware', 'my-board'],
};

test.each(Object.entries(commands))('%s loads nothing that trains, decodes or talks to a cloud', async (_, args) => {
  const modules = await loadedModules(args, { cwd: root, env });
  expect(modules.some((url) => url.endsWith('/.dist/functions/local/fastpath.js'))).toBe(true);
  expect(modules.some((url) => url.includes('/commander/'))).toBe(true);
  expect(modules.filter((url) => heavy.test(url))).toEqual([]);
  const parsers = modules.filter((url) => /node_modules\/(yaml|csv-parse)\//.test(url));
  expect(parsers.length > 0).toBe(args[0] === 'import');
});

test.each(Object.entries(commands))('%s answers in under half a second', async (_, args) => {
  expect(await processorMs(args, { cwd: root, env })).toBeLessThan(500);
});
