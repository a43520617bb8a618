/** @file `fastpath measure` as a process: a real measurement, stopped and gone on with, and what can be wrong with it. */
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { latencyTableSchema } from '../../shared/contract/latency.ts';
import { AdditiveLatencyModel } from '../../shared/latency/additive.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { costTable } from '../../shared/latency/cost-table.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { Command } from '../integration/command.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

let root: string;
let command: Command;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-measure-'));
  command = new Command(root);
});
afterAll(() => rm(root, { recursive: true, force: true }));

const full = ['measure', '--space', 'tiny', '--plan', 'full', '--networks', '6', '--rounds', '4'];
const states = () => readdir(join(command.home, 'tenants/local/measuring'), { recursive: true });
const lines = (text: string) =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

describe('a measurement in ONNX Runtime', () => {
  test('covers the space, and predicts and searches with it', async () => {
    const out = join(root, 'table.json');
    const { code, out: said, err } = await command.run(...full, '--hardware', 'this-machine', '--out', out, '--json');
    expect([code, err.replace(/^warning: .*\n/, '')]).toEqual([0, '']);
    const result = lines(said).at(-1);
    expect(result).toMatchObject({ type: 'result', parts: 42, networks: 6, table: out });
    expect(result.sums).toEqual([expect.objectContaining({ space: 'tiny', resolution: 32, networks: 3 })]);

    const table = latencyTableSchema.parse(JSON.parse(await readFile(out, 'utf8')));
    expect(table.hardware).toMatchObject({
      id: 'this-machine',
      threads: 1,
      runtime: expect.stringMatching(/^onnxruntime-node 1\./),
    });
    expect(table.conditions?.webAssembly).toBeNull();
    const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 50 });
    const cost = costTable(plan, new AdditiveLatencyModel(table));
    expect(cost.blocks.flat().filter((us) => us > 0)).toHaveLength(48);

    const known = JSON.parse((await command.run('hardware', '--json')).out);
    expect(known).toContainEqual(expect.objectContaining({ id: 'this-machine', scope: 'own' }));
    // What was only needed to go on is gone.
    expect((await states()).filter((name) => name.endsWith('state.json'))).toEqual([]);
  });

  test('stopped by Ctrl-C it saves, and the same command goes on', async () => {
    const args = [...full, '--hardware', 'stopped', '--rounds', '40', '--json'];
    const running = command.start(...args);
    await vi.waitFor(() => expect(running.out()).toContain('"progress"'), { timeout: 60_000, interval: 20 });
    running.process.kill('SIGINT');
    const stopped = await running.ended;
    expect(stopped.code).toBe(130);
    const [, done, all] = /stopped after (\d+) of (\d+) visits: the same command goes on/
      .exec(stopped.err)!
      .map(Number);
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(all!);

    const resumed = await command.run(...args);
    expect(resumed.code).toBe(0);
    expect(resumed.err).toContain(`going on after ${done} of ${all} visits`);
    expect(lines(resumed.out)[0].done).toBeGreaterThan(done!);
    const { count } = Object.values(JSON.parse(await tableOf('stopped')).entries)[0] as { count: number };
    expect(count).toBe(40);
  });

  test('a state that was cut short is not read: the measurement starts anew', async () => {
    const args = [...full, '--hardware', 'cut', '--rounds', '40', '--json'];
    const running = command.start(...args);
    await vi.waitFor(() => expect(running.out()).toContain('"progress"'), { timeout: 60_000, interval: 20 });
    running.process.kill('SIGTERM');
    await running.ended;
    const [name] = (await states()).filter((each) => each.endsWith('state.json'));
    const file = join(command.home, 'tenants/local/measuring', name!);
    await writeFile(file, (await readFile(file)).subarray(0, -10));
    const again = await command.run(...args);
    expect(again.code).toBe(0);
    expect(again.err).not.toContain('going on');
  });

  test('a short plan is the default and says nothing while it works', async () => {
    const { code, out, err } = await command.run('measure', '--space', 'tiny', '--rounds', '2', '--threads', '2');
    expect(code).toBe(0);
    expect(out).toMatch(/^hardware [a-z0-9-]+-ort-2t: .*2 threads\n/);
    expect(out).toContain('12 parts and 10 whole networks timed');
    expect(err.replace(/^warning: .*\n/, '')).toBe('');
  });
});

/** The newest table of own hardware. */
async function tableOf(id: string): Promise<string> {
  const folder = join(command.home, 'tenants/local/latency-tables', id);
  const { version } = JSON.parse(await readFile(join(folder, 'latest.json'), 'utf8'));
  return readFile(join(folder, `${version}.json`), 'utf8');
}

describe('what can be wrong', () => {
  const shipped = builtInHardware()[0]!.id;
  test.each<[string, string[], RegExp]>([
    ['an unknown space', ['--space', 'huge'], /^error: there is no search space huge: use one of /],
    ['a resolution that does not fit', ['--space', 'tiny@33'], /^error: space tiny: resolution 33 is not a multiple/],
    ['a resolution twice', ['--space', 'tiny@32', '--resolution', '32'], /^error: .*leave --resolution out$/],
    [
      'one place twice',
      ['--plan', 'full', '--space', 'tiny@32', '--space', 'tiny'],
      /^error: --space tiny@32 is given twice/,
    ],
    ['networks for no space', ['--networks', '3', '--networks', '4'], /^error: 1 --space and 2 --networks: /],
    ['a short plan of two spaces', ['--space', 'tiny@32,48'], /^error: a short plan is for one space/],
    ['no threads', ['--threads', '0'], /^error: option '--threads <n>' argument '0' is invalid/],
    ['half a thread', ['--threads', '1.5'], /^error: option '--threads <n>' argument '1.5' is invalid/],
    ['more threads than processors', ['--threads', '4096'], /^error: --threads 4096 are more than the \d+ processors/],
    [
      'an id that ships',
      ['--hardware', shipped],
      /^error: hardware .* ships with Fastpath and stays as it is: choose another id$/,
    ],
    ['no id at all', ['--hardware', 'My Laptop'], /^error: --hardware My Laptop is no id: .* e\.g\. my-laptop$/],
    [
      'a file in no folder',
      ['--out', 'no/where/table.json'],
      /^error: cannot write no\/where\/table\.json \(there is no folder no\/where\)/,
    ],
    ['a folder as file', ['--out', '.'], /^error: cannot write \. \(it is a folder\)/],
  ])('%s', async (_, args, line) => {
    const before = existsSync(command.home) ? await readdir(command.home, { recursive: true }) : [];
    const space = args.includes('--space') ? [] : ['--space', 'tiny'];
    await command.expectRefusal(['measure', ...space, ...args], line);
    expect(existsSync(command.home) ? await readdir(command.home, { recursive: true }) : []).toEqual(before);
  });

  test('no Chromium: says what to install', async () => {
    const without = new Command(root, { FASTPATH_CHROMIUM: '/nowhere/chromium' });
    await without.expectRefusal(
      ['measure', '--space', 'tiny', '--runtime', 'browser'],
      /^error: there is no Chromium at \/nowhere\/chromium: install it \(apt-get install chromium\)/,
    );
  });

  test('a Chromium that does not start', async () => {
    const broken = new Command(root, { FASTPATH_CHROMIUM: '/bin/false' });
    await broken.expectRefusal(
      ['measure', '--runtime', 'browser'],
      /^error: Chromium does not start \(.*\): try \/bin\/false/,
    );
  });

  test('rows of another device under a known id, before anything is timed', async () => {
    await command.run('measure', '--space', 'tiny', '--rounds', '1', '--hardware', 'one-thread');
    await command.expectRefusal(
      ['measure', '--space', 'tiny', '--hardware', 'one-thread', '--threads', '2'],
      /^error: hardware one-thread has threads 1, the new rows 2: choose another id for them$/,
    );
  });
});
