import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { encodeModel } from '../../shared/onnx/model-proto.ts';
import { stripWeights } from '../../shared/onnx/strip-weights.ts';
import { writeNetwork } from '../../shared/onnx/write-network.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { run } from './program.ts';

const hardware = builtInHardware()[0]!.id;
const search = ['search', '--data', 'd', '--hardware', 'h', '--budget-ms'];
let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-program-'));
  vi.stubEnv('FASTPATH_HOME', folder);
  file = join(folder, 'architecture.json');
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  const architecture = pathToArchitecture(
    plan,
    plan.blocks.map(() => 0),
  );
  await writeFile(file, JSON.stringify(architecture));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

async function fastpath(...args: string[]) {
  const said = { out: '', err: '' };
  const stream = (name: 'out' | 'err') => ({
    write: (text: string) => {
      said[name] += text;
    },
  });
  return { exitCode: await run(args, { out: stream('out'), err: stream('err') }), ...said };
}

test('describe --json has the fixed names; every part sums to the totals', async () => {
  const { exitCode, out } = await fastpath('describe', '--json', file);
  const description = JSON.parse(out);
  expect(exitCode).toBe(0);
  expect(Object.keys(description)).toEqual(['id', 'macs', 'parameters', 'peakActivationBytes', 'blocks']);
  for (const total of ['macs', 'parameters'] as const) {
    const sum = description.blocks.reduce((rest: number, block: Record<string, number>) => rest + block[total]!, 0);
    expect(sum).toBe(description[total]);
  }
});

test('describe gives one line of JSON a file, and a table with units without --json', async () => {
  expect((await fastpath('describe', file, file, '--json')).out.trimEnd().split('\n')).toHaveLength(2);
  const { out } = await fastpath('describe', file);
  expect(out).toMatch(/multiply-adds, .* parameters, [\d.]+ kB peak activation memory/);
  expect(out).toMatch(/^classifier +linear/m);
});

test('predict --json has the fixed names, in milliseconds; --blocks adds parts that sum to the whole', async () => {
  const whole = JSON.parse((await fastpath('predict', '--json', '--hardware', hardware, file)).out);
  expect(whole).toHaveLength(1);
  expect(whole[0]).toMatchObject({
    hardware,
    architecture: expect.stringMatching(/^[0-9a-f]{16}$/),
    flags: expect.any(Array),
  });
  const { lowMs, latencyMs, highMs } = whole[0];
  expect(lowMs).toBeLessThanOrEqual(latencyMs);
  expect(latencyMs).toBeLessThanOrEqual(highMs);
  const [detailed] = JSON.parse((await fastpath('predict', '--json', '--blocks', '--hardware', hardware, file)).out);
  expect(detailed.blocks.map((block: { name: string }) => block.name)).toContain('block 1');
  expect(detailed.latencyMs).toBe(latencyMs);
  for (const { latencyMs: partMs } of detailed.blocks) expect(partMs).toBeLessThan(latencyMs);
});

test('predict takes ONNX models too; what is wrong with one is a line that names the file', async () => {
  const onnx = join(folder, 'network.onnx');
  const architecture = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(onnx, stripWeights(writeNetwork(architecture, { seed: 1 })));
  const [described] = JSON.parse((await fastpath('predict', '--json', '--hardware', hardware, file)).out);
  const [told] = JSON.parse((await fastpath('predict', '--json', '--hardware', hardware, onnx)).out);
  expect(told).toEqual({ ...described, file: onnx, architecture: null });

  const relu = { name: 'relu', op: 'Relu', inputs: ['input'], outputs: ['output'], attributes: {} };
  const [inputs, outputs] = ['input', 'output'].map((name) => [{ name, dims: ['batch', 3, 'height', 'width'] }]);
  const broken = join(folder, 'open.onnx');
  const graph = { name: 'open', nodes: [relu], initializers: [], inputs: inputs!, outputs: outputs! };
  await writeFile(broken, encodeModel(graph));
  const refused = await fastpath('predict', '--hardware', hardware, broken);
  expect(refused.err).toBe(`error: ${broken}: input "input" leaves dimensions open: give them all, e.g. 1x3x224x224\n`);
  const given = await fastpath('predict', '--json', '--hardware', hardware, '--input', '1x3x64x64', broken);
  expect(JSON.parse(given.out)[0].latencyMs).toBeGreaterThan(0);
  const bad = await fastpath('predict', '--hardware', hardware, '--input', '3 by 3', broken);
  expect(bad.err).toMatch(/--input <dims>.*It must be dimensions such as 1x3x224x224/);
});

test('predict prints a table with units', async () => {
  const { out } = await fastpath('predict', '--blocks', '--hardware', hardware, file);
  expect(out).toMatch(/^file +hardware +latency +low +high$/m);
  expect(out).toMatch(/architecture\.json .* [\d.]+ ms +[\d.]+ ms +[\d.]+ ms$/m);
  expect(out).toMatch(/^stem +stem-k3-s2-o16-r32 +[\d.]+ ms$/m);
});

test('hardware lists what --hardware takes', async () => {
  expect((await fastpath('hardware')).out).toContain(hardware);
  expect(JSON.parse((await fastpath('hardware', '--json')).out)).toEqual(
    builtInHardware().map((each) => ({ ...each, scope: 'public' })),
  );
});

test.each<[string[], RegExp]>([
  [['nosuch'], /^error: unknown command 'nosuch'\n$/],
  [['describe'], /^error: missing required argument 'files'\n$/],
  [['describe', 'no-such.json'], /^error: there is no file no-such\.json\n$/],
  [['describe', '.'], /^error: cannot read \.: EISDIR\n$/],
  [['describe', import.meta.filename], /^error: .*program\.test\.ts is not JSON: .*\n$/],
  [['describe', 'package.json'], /^error: package\.json: architecture: .*\n$/],
  [['describe', '--colour', 'a.json'], /^error: unknown option '--colour'\n$/],
  [['predict', 'a.json'], /^error: required option '--hardware <id>' not specified\n$/],
  [
    ['predict', '--hardware', 'toaster', 'a.json'],
    /^error: no latency is known for hardware toaster: use one of .*\n$/,
  ],
  [['search'], /^error: required option '--data <uri>' not specified\n$/],
  [[...search, 'ten'], /^error: option '--budget-ms <n>' argument 'ten' is invalid\. It is not a number\.\n$/],
  [[...search, '0'], /^error: .*It must be a number over 0\.\n$/],
  [[...search, '-3'], /^error: .*It must be a number over 0\.\n$/],
  [[...search, '1e999'], /^error: .*It is too large\.\n$/],
  [[...search, ''], /^error: .*It is not a number\.\n$/],
  [[...search, '3', '--epochs', '2.5'], /^error: .*It must be a whole number over 0\.\n$/],
  [[...search, '3', '--warmup-epochs', '-1'], /^error: .*It must be a whole number, 0 or more\.\n$/],
  [[...search, '3', '--seed', '4294967296'], /^error: .*A seed is a whole number from 0 to 4294967295\.\n$/],
  [[...search, '3', '--method', 'guess'], /^error: .*Allowed choices are gradient, reinforce\.\n$/],
  [[...search, '3', '--exclude', 'k7,,k5'], /^error: .*It must be names with commas between them\.\n$/],
  [[...search, '3', '--space', 'tiny'], /^error: no latency is known for hardware h: use one of .*\n$/],
  [['train', '--data', 'd'], /^error: required option '--architecture <file>' not specified\n$/],
  [['train', '--data', 'd', '--architecture', 'no.json'], /^error: there is no file no\.json\n$/],
])('fastpath %j ends with one line', async (args, line) => {
  const { exitCode, out, err } = await fastpath(...args);
  expect(exitCode).toBe(1);
  expect(err).toMatch(line);
  expect(out).toBe('');
});

test('help names every command and is no error', async () => {
  const { exitCode, out } = await fastpath('--help');
  expect(exitCode).toBe(0);
  for (const name of [
    'search',
    'verify',
    'prune',
    'train',
    'predict',
    'time',
    'describe',
    'hardware',
    'measure',
    'demo-data',
  ])
    expect(out).toContain(name);
});
