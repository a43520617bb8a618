/** @file The main job through the command line, on tiny data: everything it leaves is there, parses, and is true. */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { describe as describeArchitecture } from '../../shared/architecture/describe.ts';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { progressRecordSchema, type StepRecord } from '../../shared/contract/progress.ts';
import { type Metrics, metricsSchema, paretoSchema } from '../../shared/contract/result.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { findLatencyModel } from '../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { expectPicture } from '../../shared/picture/expect-picture.ts';
import { hashes, until } from '../fault/worker-run.ts';
import { Command } from './command.ts';
import { scoreWeights } from './score-weights.ts';
import { writeClassFolders, writeTinyImages } from './tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const hardware = builtInHardware()[0]!.id;
const budgetMs = 0.08;
let root: string;
let shards: string;
let command: Command;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-search-'));
  command = new Command(root);
  shards = await writeTinyImages(join(root, 'shards'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const search = (out: string, ...more: string[]) => [
  ...['search', '--data', shards, '--space', 'tiny', '--hardware', hardware, '--budget-ms', String(budgetMs)],
  ...['--batch', '16', '--warmup-epochs', '1', '--json', '--out', out, ...more],
];

interface Finished {
  steps: StepRecord[];
  /** the last line */
  result: Record<string, unknown>;
  metrics: Metrics;
  architecture: Architecture;
}

/** Runs the command to its end and reads all that stdout and the folder `out` say. */
async function finish(out: string, args: string[]): Promise<Finished> {
  const { code, out: printed, err } = await command.run(...args);
  expect(err).toBe('');
  expect(code).toBe(0);
  const lines = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const records = lines.slice(0, -1).map((line) => progressRecordSchema.parse(line));
  expect(records.at(-1)!.type).toBe('done');
  const file = (name: string) => readFile(join(root, out, name), 'utf8').then(JSON.parse);
  return {
    steps: records.filter((record) => record.type === 'step'),
    result: lines.at(-1),
    metrics: metricsSchema.parse(await file('metrics.json')),
    architecture: parseArchitecture(await file('architecture.json')),
  };
}

const score = (out: string, architecture: Architecture, data = shards) =>
  scoreWeights(join(root, out), architecture, data, join(root, 'cache'));

describe('a search with training behind it', () => {
  let found: Finished;
  beforeAll(async () => {
    found = await finish('found', search('found', '--epochs', '3', '--train', '--train-epochs', '2', '--seed', '3'));
  });

  test('every step is reported once, in order, through all phases', () => {
    const { steps } = found;
    const total = steps[0]!.steps;
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect([...new Set(steps.map(({ phase }) => phase))]).toEqual(['warmup', 'search', 'training']);
    const architectureSteps = steps.filter(({ probabilities }) => probabilities.length > 0);
    // 200 of 400 images train weights, 12 batches an epoch; the first search epoch takes no architecture step.
    expect(architectureSteps).toHaveLength(Math.floor((2 * 12) / 5));
    for (const { probabilities, validationLoss } of architectureSteps) {
      expect(validationLoss).toBeGreaterThan(0);
      for (const block of probabilities) expect(block.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    }
    for (const { latency } of steps.filter(({ phase }) => phase === 'search')) {
      expect(latency).toEqual([{ hardware, budgetMs, expectedMs: expect.any(Number) }]);
    }
  });

  test('the last line names the files', () => {
    expect(found.result).toEqual({
      type: 'result',
      architecture: join('found', 'architecture.json'),
      metrics: join('found', 'metrics.json'),
      weights: join('found', 'weights.safetensors'),
      pareto: join('found', 'pareto.json'),
      pictures: ['architecture', 'confusion', 'curves', 'pareto', 'paths', 'training'].map((name) =>
        join('found', `${name}.svg`),
      ),
    });
  });

  test('the architecture keeps the budget, by the table and by the metrics', () => {
    const { metrics, architecture } = found;
    const { latencyUs } = new FittedLatencyModel(findLatencyModel(hardware)).predict(architecture);
    expect(latencyUs / 1000).toBeLessThanOrEqual(budgetMs);
    expect(metrics.latency).toMatchObject([{ hardware, budgetMs, latencyMs: latencyUs / 1000 }]);
    const { id, macs, parameters, peakActivationBytes } = describeArchitecture(architecture);
    expect(metrics).toMatchObject({ architectureId: id, macs, parameters, peakActivationBytes, weights: 'trained' });
    expect(metrics.search!.blocks).toHaveLength(8);
    // 36 batches of weight steps and 4 of architecture steps.
    expect(metrics.search!.imagePasses).toBe((12 * 4 + 4) * 16);
  });

  test('the Pareto set holds other budgets, faster with each lower one', async () => {
    const { points } = paretoSchema.parse(JSON.parse(await readFile(join(root, 'found/pareto.json'), 'utf8')));
    expect(points.length).toBeGreaterThanOrEqual(5);
    expect(points.length).toBeLessThanOrEqual(11);
    const ids = points.map((point) => describeArchitecture(parseArchitecture(point.architecture)).id);
    expect(new Set(ids).size).toBe(points.length);
    expect(ids).toContain(found.metrics.architectureId);
    for (const [i, { latencyMs, budgetMs: limit, supernetTop1 }] of points.entries()) {
      expect(latencyMs).toBeLessThanOrEqual(limit);
      expect(latencyMs).toBeGreaterThanOrEqual(i === 0 ? 0 : points[i - 1]!.latencyMs);
      expect(supernetTop1).toBeGreaterThanOrEqual(0);
    }
  });

  test('the weights give the accuracy that is reported', async () => {
    expect(await score('found', found.architecture)).toEqual(found.metrics.evaluation);
    expect(found.metrics.evaluation).toMatchObject({ split: 'test', images: 60 });
  });

  test('the pictures are well-formed', async () => {
    const others = new Map([
      ['confusion.svg', 'Which classes are taken for which'],
      ['training.svg', `training of ${found.metrics.architectureId.slice(0, 8)}`],
    ]);
    for (const picture of found.result.pictures as string[]) {
      const svg = await readFile(join(root, picture), 'utf8');
      const [, title] = /<title>([^<]*)<\/title>/.exec(svg)!;
      expect(title).toContain(others.get(basename(picture)) ?? `tiny for ${hardware}`);
      expectPicture(svg, title!);
    }
  });

  test('training goes on from its weights', async () => {
    const from = ['--weights', join('found', 'weights.safetensors'), '--learning-rate', '0.0001', '--epochs', '1'];
    const train = ['train', '--architecture', join('found', 'architecture.json'), '--data', shards, '--json'];
    const again = await finish('again', [...train, '--out', 'again', '--batch', '16', ...from]);
    expect(again.result.pareto).toBeNull();
    expect(again.metrics).toMatchObject({ search: null, weights: 'trained' });
    const mean = (steps: StepRecord[]) => steps.reduce((sum, { loss }) => sum + loss, 0) / steps.length;
    const trained = found.steps.filter(({ phase }) => phase === 'training');
    const perEpoch = again.steps.length;
    expect(mean(again.steps)).toBeLessThan(mean(trained.slice(0, perEpoch)));
    expect(await score('again', again.architecture)).toEqual(again.metrics.evaluation);
  });

  test('the same command again delivers without working', async () => {
    const { code, out } = await command.run(
      ...search('found', '--epochs', '3', '--train', '--train-epochs', '2', '--seed', '3'),
    );
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(out)).toEqual(found.result);
  });
});

describe('each way to search', () => {
  test('class folders instead of shards; weights of the supernet', async () => {
    const folders = await writeClassFolders(shards, join(root, 'folders'));
    const { metrics, architecture } = await finish(
      'from-folders',
      search('from-folders', '--epochs', '2', '--data', folders),
    );
    expect(metrics.weights).toBe('supernet');
    // Class numbers follow the folders' names, so that they are not those of the shards.
    expect(await score('from-folders', architecture, folders)).toEqual(metrics.evaluation);
  });

  test('REINFORCE', async () => {
    const { metrics, steps } = await finish('reinforce', search('reinforce', '--epochs', '2', '--method', 'reinforce'));
    expect(metrics.search!.method).toBe('reinforce');
    expect(metrics.latency[0]!.latencyMs).toBeLessThanOrEqual(budgetMs);
    const probabilities = steps.flatMap((step) => (step.probabilities.length > 0 ? [step.probabilities] : []));
    expect(probabilities.at(-1)).not.toEqual(probabilities[0]);
    // Every architecture step scores 8 networks on one batch.
    expect(metrics.search!.imagePasses).toBe((12 * 3 + 8 * probabilities.length) * 16);
  });

  test.each(['multiplicative', 'additive'])('the %s latency loss', async (kind) => {
    const { metrics } = await finish(kind, search(kind, '--epochs', '2', '--latency-loss', kind));
    expect(metrics.search).toMatchObject({ latencyLoss: kind, blocksDifferingFromArgmax: 0 });
  });

  test('caps beside the budget, and operations left out', async () => {
    const limits = ['--max-params', '60000', '--max-macs', '1200000', '--exclude', 'k7,zero'];
    const { metrics, architecture } = await finish('capped', search('capped', '--epochs', '2', ...limits));
    expect(metrics.latency[0]!.latencyMs).toBeLessThanOrEqual(budgetMs);
    expect(metrics.parameters).toBeLessThanOrEqual(60_000);
    expect(metrics.macs).toBeLessThanOrEqual(1_200_000);
    // The fixed first block and all 8 choices, none left out and none with a kernel of 7.
    expect(architecture.blocks).toHaveLength(9);
    expect(architecture.blocks.every(({ kernel }) => kernel < 7)).toBe(true);
  });
});

test('Ctrl-C saves; the same command goes on and ends as if never stopped', async () => {
  const args = search('stopped', '--epochs', '6', '--seed', '5');
  const running = command.start(...args.filter((arg) => arg !== '--json'));
  await until(() => running.err().includes('warm-up, step'));
  const askedAt = performance.now();
  running.process.kill('SIGINT');
  const stopped = await running.ended;
  expect(performance.now() - askedAt).toBeLessThan(10_000);
  expect(stopped.code).toBe(130);
  expect(stopped.err).toMatch(/stopped: the same command goes on from here\n$/);

  const rest = await finish('stopped', args);
  expect(rest.steps[0]!.step).toBeGreaterThan(1);
  // The same job under another home knows nothing of the stop.
  const elsewhere = await mkdtemp(join(root, 'elsewhere-'));
  const undisturbed = await new Command(elsewhere).run(...args);
  expect(undisturbed.code).toBe(0);
  const files = async (folder: string) => {
    const names = ['architecture.json', 'weights.safetensors', 'metrics.json', 'paths.svg'];
    const read = names.map(async (name) => [name, await readFile(join(folder, 'stopped', name))] as const);
    return hashes(new Map(await Promise.all(read)));
  };
  expect(await files(root)).toEqual(await files(elsewhere));
});

test('where the command dies alone, its worker is named, left to work, and its result delivered', async () => {
  const args = search('orphan', '--epochs', '2', '--seed', '6');
  const first = command.start(...args);
  await until(() => first.out().includes('"phase":"warmup"'));
  first.process.kill('SIGKILL');
  await first.ended;
  const said = await command.run(...args);
  expect(said).toMatchObject({ code: 1, out: '' });
  const [, worker] =
    /^error: process (\d+) already runs exactly this job: wait for it to end, or stop it with kill \1\n$/.exec(
      said.err,
    )!;
  await until(() => !existsSync(`/proc/${worker}`));
  const { code, out } = await command.run(...args);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ type: 'result' });
});
