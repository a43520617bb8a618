/** @file A search whose device is slower than its table says: timed, corrected and pruned again, all as the user would. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { HardwareRegistry } from '../../functions/local/hardware-registry.ts';
import { architectureId } from '../../shared/architecture/identity.ts';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { latencyTableSchema } from '../../shared/contract/latency.ts';
import { metricsSchema, paretoSchema } from '../../shared/contract/result.ts';
import { networkTimingSchema, type Verification, verificationSchema } from '../../shared/contract/verification.ts';
import { builtInHardware } from '../../shared/latency/built-in.ts';
import { costTable, pathCost } from '../../shared/latency/cost-table.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { findPath } from '../../shared/space/find-path.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { Command } from '../integration/command.ts';
import { scoreWeights } from '../integration/score-weights.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

/** What the table of `hopeful` says, over what was measured. */
const optimism = 0.6;
const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });

let root: string;
let command: Command;
let shards: string;
let budgetMs: number;
const registry = () => new HardwareRegistry(new DirectoryStore(command.home));
const json = async (...path: string[]) => JSON.parse(await readFile(join(root, ...path), 'utf8'));
const lastLine = (out: string) => JSON.parse(out.trimEnd().split('\n').at(-1)!);

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-verify-'));
  // Same bits on every machine: which paths are probable does not depend on what computes.
  command = new Command(root, { FASTPATH_BACKEND: 'wasm' });
  shards = await writeTinyImages(join(root, 'shards'));
  const measured = ['measure', '--space', 'tiny', '--plan', 'full', '--networks', '6', '--rounds', '8'];
  expect(await command.run(...measured, '--hardware', 'measured', '--out', join(root, 'table.json'))).toMatchObject({
    code: 0,
  });
  const { networks: _, ...parts } = latencyTableSchema.parse(await json('table.json'));
  const saveTimes = (id: string, by: number) =>
    registry().saveTable({
      ...parts,
      hardware: { ...parts.hardware, id },
      overheadUs: by * parts.overheadUs,
      entries: Object.fromEntries(
        Object.entries(parts.entries).map(([part, entry]) => [part, { ...entry, latencyUs: by * entry.latencyUs }]),
      ),
    });
  const sumOn = async (id: string, pick: (...us: number[]) => number) => {
    const { fixed, blocks } = costTable(plan, new FittedLatencyModel(await registry().findModel(id)));
    return blocks.reduce((us, block) => us + pick(...block), fixed);
  };
  // Whole networks are faster than their parts one by one, by how much depends on the machine.
  await saveTimes('parts', 1);
  await saveTimes('hopeful', (optimism * (await sumOn('measured', Math.max))) / (await sumOn('parts', Math.max)));
  const [fastest, slowest] = [await sumOn('measured', Math.min), await sumOn('measured', Math.max)];
  // Half-way between what the device can really do and what its table believes of the slowest path.
  budgetMs = Number(((1.15 * fastest + optimism * slowest) / 2000).toPrecision(3));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** The highest Σ ln p of all paths of a cost from `leastUs` to `mostUs`, by trying them all. */
function bestBetween(
  logits: number[][],
  costUs: ReturnType<typeof costTable>,
  leastUs: number,
  mostUs: number,
): number {
  const logP = logits.map((block) => {
    const norm = Math.log(block.reduce((total, x) => total + Math.exp(x), 0));
    return block.map((x) => x - norm);
  });
  let best = Number.NEGATIVE_INFINITY;
  const walk = (block: number, us: number, score: number): void => {
    if (us > mostUs) return;
    if (block === logP.length) {
      if (us >= leastUs) best = Math.max(best, score);
      return;
    }
    for (const [i, p] of logP[block]!.entries()) walk(block + 1, us + costUs.blocks[block]![i]!, score + p);
  };
  walk(0, costUs.fixed, 0);
  return best;
}

describe('search --verify on a device whose table is too fast by 40 %', () => {
  let verification: Verification;
  let result: Record<string, string>;
  beforeAll(async () => {
    const args = ['--data', shards, '--space', 'tiny', '--hardware', 'hopeful', '--budget-ms', String(budgetMs)];
    const more = [
      '--batch',
      '16',
      '--warmup-epochs',
      '1',
      '--epochs',
      '3',
      '--train',
      '--train-epochs',
      '1',
      '--out',
      'found',
      '--json',
      '--verify',
    ];
    const { code, out, err } = await command.run('search', ...args, ...more);
    expect([code, err.replaceAll(/^warning: .*\n/gm, '')]).toEqual([0, '']);
    result = lastLine(out);
    verification = verificationSchema.parse(await json('found', 'verification.json'));
  });

  test('the first network keeps the budget on paper only, and its timing moves the model', () => {
    const [first] = verification.rounds;
    const [timing] = first!.timings;
    expect(first).toMatchObject({ folder: '.', within: false });
    expect(timing!.predictedMs).toBeLessThanOrEqual(budgetMs);
    expect(timing!.measuredMs).toBeGreaterThan(1.2 * budgetMs);
    // Half of what was wrong, at least.
    expect(timing!.correctedMs).toBeGreaterThan((timing!.predictedMs + timing!.measuredMs) / 2);
  });

  test('it is pruned again until a network keeps the budget on the device', async () => {
    const { rounds } = verification;
    expect(rounds.length).toBeGreaterThan(1);
    expect(rounds.length).toBeLessThan(5);
    expect(rounds.map(({ within }) => within)).toEqual(rounds.map((_, i) => i === rounds.length - 1));
    expect(rounds.at(-1)!.timings[0]!.measuredMs).toBeLessThanOrEqual(budgetMs);
    const ids = rounds.map(({ timings }) => timings[0]!.architectureId);
    expect(new Set(ids).size).toBe(ids.length);
    // The last line names the network that was timed last.
    expect(result).toMatchObject({ type: 'result', verification: join('found', 'verification.json') });
    expect(result.architecture).toBe(join('found', rounds.at(-1)!.folder, 'architecture.json'));
    expect(architectureId(parseArchitecture(await json(result.architecture!)))).toBe(ids.at(-1));
    // The search's own result stays as it was.
    expect(architectureId(parseArchitecture(await json('found', 'architecture.json')))).toBe(ids[0]);
  });

  test('each pruning is the most probable path within the corrected budget, among all 3.6 million', async () => {
    const { search } = await json('found', verification.rounds[1]!.folder, 'spec.json');
    const { outcome } = JSON.parse(await readFile(join(command.home, search.prefix, 'outcome.json'), 'utf8'));
    for (const [i, { folder }] of verification.rounds.slice(1).entries()) {
      const { constraints, timings } = await json('found', folder, 'spec.json');
      const model = new FittedLatencyModel(constraints[0].model);
      expect(timings).toHaveLength(i + 1);
      const late = Math.max(
        1,
        ...timings.map((timing: { latencyMs: number; architecture: Architecture }) => {
          return timing.latencyMs / (model.predict(timing.architecture).latencyUs / 1000);
        }),
      );
      const cost = costTable(plan, model);
      const limitUs = (1000 * budgetMs) / late;
      const path = findPath(plan, parseArchitecture(await json('found', folder, 'architecture.json')))!;
      expect(pathCost(cost, path)).toBeLessThanOrEqual(limitUs * (1 + 1e-9));
      expect(pathCost(cost, path)).toBeGreaterThan(0.9 * limitUs);
      const metrics = metricsSchema.parse(await json('found', folder, 'metrics.json'));
      const chosen = metrics.search!.blocks.reduce((score, { probability }) => score + Math.log(probability), 0);
      // A budget is used to 95 % at least; equal within the bins of the knapsack: 0.2 % of the budget for eight blocks.
      const [leastUs, mostUs] = [limitUs * (0.95 + 8 / 4000), limitUs * (1 - 8 / 4000)];
      expect(chosen).toBeGreaterThanOrEqual(bestBetween(outcome.logits, cost, leastUs, mostUs) - 1e-9);
    }
  });

  test('what it leaves is whole and true: weights score as the metrics say, pictures, Pareto set', async () => {
    const folder = join('found', verification.rounds.at(-1)!.folder);
    const architecture = parseArchitecture(await json(folder, 'architecture.json'));
    const metrics = metricsSchema.parse(await json(folder, 'metrics.json'));
    expect(await scoreWeights(join(root, folder), architecture, shards, join(root, 'cache'))).toEqual(
      metrics.evaluation,
    );
    expect(metrics).toMatchObject({ weights: 'supernet', latency: [{ hardware: 'hopeful', budgetMs }] });
    expect(metrics.latency[0]!.latencyMs).toBeLessThanOrEqual(budgetMs);
    const before = metricsSchema.parse(await json('found', 'metrics.json'));
    expect(before).toMatchObject({ weights: 'trained', search: { timings: [] } });
    expect(metrics.search!.imagePasses).toBe(before.search!.imagePasses);
    expect(metrics.search!.timings.map(({ architectureId }) => architectureId)).toEqual(
      verification.rounds.slice(0, -1).map(({ timings }) => timings[0]!.architectureId),
    );
    expect(paretoSchema.parse(await json(folder, 'pareto.json')).points.length).toBeGreaterThan(2);
    for (const name of ['architecture', 'paths', 'pareto', 'curves']) {
      expect(await readFile(join(root, folder, `${name}.svg`), 'utf8')).toContain('</svg>');
    }
  });

  test('prune alone: another budget for the same supernet, and another device', async () => {
    const looser = Number((1.3 * budgetMs).toPrecision(3));
    const { code, out } = await command.run(
      'prune',
      'found',
      '--budget-ms',
      String(looser),
      '--out',
      'looser',
      '--json',
    );
    expect(code).toBe(0);
    expect(lastLine(out)).toMatchObject({ type: 'result', architecture: join('looser', 'architecture.json') });
    const metrics = metricsSchema.parse(await json('looser', 'metrics.json'));
    expect(metrics.latency).toMatchObject([{ hardware: 'hopeful', budgetMs: looser }]);
    const last = metricsSchema.parse(await json('found', verification.rounds.at(-1)!.folder, 'metrics.json'));
    expect(metrics.latency[0]!.latencyMs).toBeGreaterThan(last.latency[0]!.latencyMs);
    expect(metrics.latency[0]!.latencyMs).toBeLessThanOrEqual(looser);

    const shipped = builtInHardware()[0]!.id;
    const other = ['prune', 'looser', '--hardware', shipped, '--budget-ms', '0.08', '--out', 'other'];
    expect((await command.run(...other)).code).toBe(0);
    const elsewhere = metricsSchema.parse(await json('other', 'metrics.json'));
    expect(elsewhere.latency).toMatchObject([{ hardware: shipped, budgetMs: 0.08 }]);
    expect(elsewhere.search!.timings).toEqual([]);
  });

  test('time alone: the timing is in the table, as a path of its space', async () => {
    const { code, out } = await command.run('time', 'found/architecture.json', '--hardware', 'measured', '--json');
    expect(code).toBe(0);
    const timing = networkTimingSchema.parse(lastLine(out));
    const { networks } = await registry().findTable('measured');
    expect(networks).toHaveLength(7);
    const kept = networks!.at(-1)!;
    expect(kept).toMatchObject({ space: 'tiny' });
    expect(kept.latencyUs).toBeCloseTo(timing.measuredMs * 1000, 9);
    expect(timing.othersNowOverThen).toBeGreaterThan(0);
    // Another timing of the same network takes its place.
    await command.run('time', 'found/architecture.json', '--hardware', 'measured', '--rounds', '3');
    expect((await registry().findTable('measured')).networks).toHaveLength(7);
  });

  test.each<[string, string[], RegExp]>([
    ['a folder without results', ['prune', 'shards'], /^error: shards holds no results of a search: give the folder/],
    ['hardware without a budget', ['prune', 'found', '--hardware', 'measured'], /^error: 1 hardware \(measured\) need/],
    [
      'a budget that no path keeps',
      ['prune', 'found', '--budget-ms', '0.001'],
      /^error: the budget of 0.001 ms is below the fastest possible path/,
    ],
    ['hardware that ships', ['time', 'found/architecture.json', '--hardware', builtInHardware()[0]!.id], /ships with/],
    ['unknown hardware', ['time', 'found/architecture.json', '--hardware', 'hopefull'], /use one of hopeful, /],
  ])('%s', async (_, args, line) => {
    const { code, err } = await command.run(...args);
    expect(err.trimEnd().split('\n').at(-1)).toMatch(line);
    expect(code).toBe(1);
  });

  test('another machine is refused before a search begins', async () => {
    const table = await registry().findTable('hopeful');
    await registry().saveTable({ ...table, hardware: { ...table.hardware, id: 'phone', device: 'a phone' } });
    const args = ['--data', shards, '--space', 'tiny', '--hardware', 'phone', '--budget-ms', String(budgetMs)];
    await command.expectRefusal(
      ['search', ...args, '--verify', '--out', 'never'],
      /^error: hardware phone is a phone with onnxruntime-node .*, and here is .*: time the network there and give/,
    );
  });
});
