/** @file Commands that train nothing, as built: what their process really loads, and how soon it answers. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { commandFile } from './command.ts';

const hardware = builtInHardware()[0]!.id;
const module = (code: string) => `data:text/javascript,${encodeURIComponent(code)}`;

/** Writes every module that is imported into the file $SEEN. */
const loader = module(`
  import { appendFileSync } from 'node:fs';
  export async function load(url, context, next) {
    appendFileSync(process.env.SEEN, url + '\\n');
    return next(url, context);
  }`);
const listModules = module(`import { register } from 'node:module'; register(${JSON.stringify(loader)});`);
/** Adds the processor time that the process took, in ms. */
const timeProcess = module(`
  import { appendFileSync } from 'node:fs';
  process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    appendFileSync(process.env.SEEN, (user + system) / 1000 + '\\n');
  });`);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-light-'));
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  const path = plan.blocks.map(() => 0);
  await writeFile(join(root, 'timings.csv'), 'signature,latency_ms\nhead-i320-o1280-r7,0.51\n');
  await writeFile(join(root, 'architecture.json'), JSON.stringify(pathToArchitecture(plan, path)));
});
afterAll(() => rm(root, { recursive: true }));

/** What a preloaded module wrote while the command ran. */
async function seen(preloaded: string, args: string[], times = 1): Promise<string[]> {
  const file = join(root, 'seen');
  await rm(file, { force: true });
  const env = { ...process.env, SEEN: file, FASTPATH_HOME: join(root, 'home') };
  for (let i = 0; i < times; i++) {
    await promisify(execFile)(process.execPath, ['--import', preloaded, commandFile, ...args], { cwd: root, env });
  }
  return (await readFile(file, 'utf8')).trimEnd().split('\n');
}

const commands = {
  describe: ['describe', 'architecture.json'],
  predict: ['predict', '--blocks', '--hardware', hardware, 'architecture.json'],
  hardware: ['hardware'],
  import: ['import', 'timings.csv', '--hardware', 'my-board'],
};

test.each(Object.entries(commands))('%s loads nothing that trains, decodes or talks to a cloud', async (_, args) => {
  const modules = await seen(listModules, args);
  expect(modules.some((url) => url.endsWith('/.dist/functions/local/fastpath.js'))).toBe(true);
  expect(modules.some((url) => url.includes('/commander/'))).toBe(true);
  const heavy =
    /node_modules\/(@tensorflow|@aws-sdk|@smithy|sharp|@img|tar-stream|onnxruntime|playwright)|\.dist\/batch\//;
  expect(modules.filter((url) => heavy.test(url))).toEqual([]);
  const parsers = modules.filter((url) => /node_modules\/(yaml|csv-parse)\//.test(url));
  expect(parsers.length > 0).toBe(args[0] === 'import');
});

test.each(Object.entries(commands))('%s answers in under half a second', async (_, args) => {
  // Of processor time, and the best of three: another program on the machine is no fault of this one.
  const times = (await seen(timeProcess, args, 3)).map(Number);
  expect(Math.min(...times)).toBeLessThan(500);
});
