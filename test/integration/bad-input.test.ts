/**
 * @file What can be wrong with what people give: each ends with one clear line and a non-zero exit, and what was there
 * before is there after.
 */
import { cp, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { Command } from './command.ts';
import { writeClassFolders, writeTinyImages } from './tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const hardware = builtInHardware()[0]!.id;
const budget = ['--budget-ms', '0.08'];
let root: string;
let shards: string;
let folders: string;
let command: Command;
/** tiny with the first candidate everywhere, for 32 pixels and the ten synthetic classes */
let architecture: Architecture;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-bad-input-'));
  command = new Command(root, { FASTPATH_CHECKPOINT_MS: '0' });
  shards = await writeTinyImages(join(root, 'shards'));
  folders = await writeClassFolders(shards, join(root, 'folders'));
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  architecture = pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
  await writeFile(join(root, 'architecture.json'), JSON.stringify(architecture));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const search = (data: string, ...more: string[]) => [
  ...['search', '--data', data, '--space', 'tiny', '--hardware', hardware, ...budget],
  ...['--warmup-epochs', '0', '--epochs', '1', '--batch', '16', ...more],
];
const train = (data: string, ...more: string[]) => [
  ...['train', '--architecture', 'architecture.json', '--data', data, '--epochs', '1', '--batch', '16', ...more],
];

/** A copy of the class folders under another name, to spoil. */
async function copyOfFolders(name: string): Promise<string> {
  const copy = join(root, name);
  await cp(folders, copy, { recursive: true });
  return copy;
}

describe('images', () => {
  test('a missing folder', () =>
    command.expectRefusal(search('nowhere'), /^error: --data: there is no folder nowhere/));

  test('a file where a folder should be', () =>
    command.expectRefusal(search('architecture.json'), /^error: --data: architecture\.json is a file, not a folder/));

  test('an empty folder', async () => {
    await mkdir(join(root, 'empty'), { recursive: true });
    await command.expectRefusal(search('empty'), /^error: --data: the folder empty is empty: give a folder with/);
  });

  test('a folder without images', async () => {
    await mkdir(join(root, 'texts'), { recursive: true });
    await writeFile(join(root, 'texts', 'a.txt'), 'a');
    await command.expectRefusal(search('texts'), /^error: .*texts holds no images: it needs train\/CLASS/);
  });

  test('a cache in a file', () =>
    command.expectRefusal(
      search(shards, '--cache', 'architecture.json/cache'),
      /^error: Could not write the image cache at architecture\.json\/cache .*: free space there or choose another/,
    ));

  test('one class only', async () => {
    const one = join(root, 'one-class', 'train', 'cat');
    const [first] = await readdir(join(folders, 'train'));
    await cp(join(folders, 'train', first!), one, { recursive: true });
    await command.expectRefusal(search('one-class'), /^error: .* are of one class \(cat\).*at least two/);
  });

  test('fewer images in a class than the split needs', async () => {
    const few = await copyOfFolders('few');
    const [first] = await readdir(join(few, 'train'));
    const names = await readdir(join(few, 'train', first!));
    for (const name of names.slice(39)) await rm(join(few, 'train', first!, name));
    await command.expectRefusal(
      search('few'),
      /^error: Class synthetic-\S+ in .* has 39 training images and needs at least 40 .*: add images/,
    );
  });

  test('a shard that ends in the middle', async () => {
    const cut = join(root, 'cut');
    await cp(shards, cut, { recursive: true });
    await truncate(join(cut, 'train-0000.tar'), 700_000);
    await command.expectRefusal(search('cut'), /^error: .*train-0000\.tar/);
  });

  test('a shard that is no archive', async () => {
    const noise = join(root, 'noise');
    await mkdir(noise, { recursive: true });
    await writeFile(join(noise, 'train-0000.tar.gz'), 'not a gzip file');
    await command.expectRefusal(search('noise'), /^error: .*train-0000\.tar\.gz/);
  });

  test('over one image in a hundred that cannot be decoded: the first are named', async () => {
    const broken = await copyOfFolders('broken');
    for (const name of await readdir(join(broken, 'train'))) {
      const [image] = await readdir(join(broken, 'train', name));
      await writeFile(join(broken, 'train', name, image!), 'no image');
    }
    const line = /^error: \d+ of \d+ images in .*could not be decoded, over 1 %\. First: \S+\.png .*Repair or remove/;
    await command.expectRefusal(train(broken), line);
  });

  test('another number of classes than the architecture has', async () => {
    const nine = await copyOfFolders('nine');
    const [first] = await readdir(join(nine, 'train'));
    for (const split of ['train', 'val']) await rm(join(nine, split, first!), { recursive: true });
    await command.expectRefusal(
      train(nine),
      /^error: the architecture has 10 classes and the data set 9; set "classes"/,
    );
  });
});

describe('hardware, budgets, sizes', () => {
  const flags = (...args: string[]) => ['search', '--data', shards, '--space', 'tiny', ...args];
  const on = ['--hardware', hardware];

  test('unknown hardware', () =>
    command.expectRefusal(
      flags('--hardware', 'toaster', ...budget),
      new RegExp(`^error: no latency is known for hardware toaster: use one of .*${hardware}`),
    ));

  test('a budget below the fastest path', () =>
    command.expectRefusal(
      flags(...on, '--budget-ms', '0.001'),
      /^error: budget 0\.001 ms is below the fastest possible path on \S+: paths take [\d.]+ ms to [\d.]+ ms.*raise/,
    ));

  test('a budget above the slowest path', () =>
    command.expectRefusal(
      flags(...on, '--budget-ms', '1000'),
      /^error: budget 1000 ms is above the slowest possible path on \S+: paths take [\d.]+ ms to [\d.]+ ms.*lower/,
    ));

  test('a budget that only the classifier of these images makes impossible: the worker says the range', async () => {
    const { err } = await command.run(...flags(...on, '--budget-ms', '0.001'));
    const [, least] = /paths take ([\d.]+) ms to/.exec(err)!;
    await command.expectRefusal(
      flags(...on, '--budget-ms', String(Number(least) + 0.0001)),
      /^error: the budget of \S+ ms is below the fastest possible path: paths of this space take [\d.]+ ms to [\d.]+ ms/,
    );
  });

  test('a resolution that does not fit the strides', () =>
    command.expectRefusal(flags(...on, ...budget, '--resolution', '33'), /^error: .*resolution.*33.*stride/i));

  test('a resolution that was never measured', () =>
    command.expectRefusal(flags(...on, ...budget, '--resolution', '40'), /^error: no latency is known for \S+/));

  test('an operation that does not exist', () =>
    command.expectRefusal(flags(...on, ...budget, '--exclude', 'k9'), /^error: .*k9.*(k3|k5|k7)/));

  test('exclusions that leave a block nothing', () =>
    command.expectRefusal(flags(...on, ...budget, '--exclude', 'k3,k5,k7'), /^error: .*stage/));

  test('caps below every path', async () => {
    await command.expectRefusal(
      flags(...on, ...budget, '--max-params', '10'),
      /^error: at most 10 parameters is below/,
    );
    await command.expectRefusal(flags(...on, ...budget, '--max-peak-mb', '0.001'), /^error: .*memory/);
  });

  test('one budget for two devices', () =>
    command.expectRefusal(
      flags('--hardware', 'a', '--hardware', 'b', ...budget),
      /^error: 2 --hardware and 1 --budget-ms/,
    ));

  test.each([
    ['--budget-ms', 'fast', /'fast' is invalid\. It is not a number/],
    ['--epochs', '1.5', /whole number/],
    ['--batch', '0', /whole number over 0/],
    ['--seed', '-1', /A seed is/],
    ['--width', 'NaN', /It is not a number/],
  ])('%s %s', (flag, value, line) => command.expectRefusal(flags(...on, ...budget, flag, value), line));
});

describe('files', () => {
  const write = (name: string, json: unknown) => writeFile(join(root, name), JSON.stringify(json));

  test.each(['describe', 'predict', 'train'])('%s: an architecture that is none', async (name) => {
    const args = {
      describe: ['describe'],
      predict: ['predict', '--hardware', hardware],
      train: ['train', '--data', shards, '--architecture'],
    }[name]!;
    await write('wide.json', {
      ...architecture,
      blocks: [{ ...architecture.blocks[0]!, in: 99 }, ...architecture.blocks.slice(1)],
    });
    await command.expectRefusal([...args, 'wide.json'], /^error: wide\.json: .*99/);
    await write('other.json', { hello: 'world' });
    await command.expectRefusal([...args, 'other.json'], /^error: other\.json: architecture/);
    await writeFile(join(root, 'no.json'), '{"format": ');
    await command.expectRefusal([...args, 'no.json'], /^error: no\.json is not JSON: /);
    await command.expectRefusal([...args, 'nowhere.json'], /^error: there is no file nowhere\.json/);
  });

  test('a space that is none names stage and field', async () => {
    const space = findSpace('tiny');
    await write('space.json', {
      ...space,
      stages: [space.stages[0]!, { ...space.stages[1]!, width: -8 }, space.stages[2]!],
    });
    const flags = ['search', '--data', shards, '--hardware', hardware, ...budget, '--space'];
    await command.expectRefusal([...flags, './space.json'], /^error: \.\/space\.json: .*stage 2.*width/);
    await command.expectRefusal([...flags, 'large'], /^error: there is no search space large: use one of /);
  });

  test('weights of another network, and weights that are none', async () => {
    await writeFile(join(root, 'bad.safetensors'), 'not weights at all');
    await command.expectRefusal(
      train(shards, '--weights', 'bad.safetensors'),
      /^error: .*not a valid safetensors file/,
    );
  });
});

describe('nothing is lost', () => {
  test('a loss that is no number: the step is named and the checkpoint before it kept', async () => {
    await command.expectRefusal(
      train(shards, '--learning-rate', '1e30'),
      /^error: step \d+: the training loss is (NaN|Infinity|not finite).*the last good checkpoint is kept$/,
    );
    const searches = join(command.home, 'tenants/local/searches');
    const kept: number[] = [];
    for (const id of await readdir(searches)) {
      const pointer = await readFile(join(searches, id, 'checkpoints/latest.json'), 'utf8').catch(() => null);
      if (pointer !== null) kept.push(JSON.parse(pointer).checkpoints[0].step);
    }
    expect(kept.some((step) => step > 0)).toBe(true);
  });

  test('results of another run in --out stay as they are', async () => {
    const out = join(root, 'results');
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'metrics.json'), 'mine');
    await command.expectRefusal(search(shards, '--out', 'results'), /^error: results holds results of another run/);
    expect(await readdir(out)).toEqual(['metrics.json']);
    expect(await readFile(join(out, 'metrics.json'), 'utf8')).toBe('mine');
  });
});
