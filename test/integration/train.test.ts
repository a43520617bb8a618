/** @file `fastpath train` with everything it has: what it leaves is there, parses, and scores as it says. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { architectureId } from '../../shared/architecture/identity.ts';
import { classResultsSchema } from '../../shared/contract/class-results.ts';
import { costSchema } from '../../shared/contract/cost.ts';
import { progressRecordSchema, type StepRecord } from '../../shared/contract/progress.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { expectPicture } from '../../shared/picture/expect-picture.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture, uniformPath } from '../../shared/space/path.ts';
import { Command } from './command.ts';
import { scoreWeights } from './score-weights.ts';
import { writeTinyImages } from './tiny-images.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
const architecture = pathToArchitecture(plan, uniformPath(plan, Random.named(1, 'train')));
let root: string;
let shards: string;
let command: Command;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-train-'));
  command = new Command(root);
  shards = await writeTinyImages(join(root, 'shards'));
  await writeFile(join(root, 'architecture.json'), JSON.stringify(architecture));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const train = (out: string, ...more: string[]) => [
  ...['train', '--architecture', 'architecture.json', '--data', shards, '--batch', '16', '--json', '--out', out],
  ...more,
];

/** Runs the command to its end; the steps it reported and the files it left. */
async function finish(out: string, ...more: string[]) {
  const { code, out: printed, err } = await command.run(...train(out, ...more));
  expect(err).toBe('');
  expect(code).toBe(0);
  const lines = printed.trimEnd().split('\n');
  const records = lines.slice(0, -1).map((line) => progressRecordSchema.parse(JSON.parse(line)));
  const file = (name: string) => readFile(join(root, out, name), 'utf8');
  return {
    steps: records.filter((record): record is StepRecord => record.type === 'step'),
    metrics: metricsSchema.parse(JSON.parse(await file('metrics.json'))),
    cost: costSchema.parse(JSON.parse(await file('cost.json'))),
    classes: classResultsSchema.parse(JSON.parse(await file('classes.json'))),
    file,
  };
}

test('average, mixup, RandAugment, accumulation and the best epoch', async () => {
  const settings = [
    ...['--epochs', '4', '--warmup-epochs', '1', '--dropout', '0.1', '--accumulate', '2', '--average', '0.9'],
    ...['--mixup', '0.2', '--rand-augment', '2,0.5', '--keep-best', '--cache', 'own-cache'],
  ];
  const { steps, metrics, cost, classes, file } = await finish('out', ...settings);
  // 400 images, 200 of them held out to choose the best epoch: 12 batches, 6 steps an epoch.
  expect(steps.at(-1)).toMatchObject({ step: 24, steps: 24, epoch: 4 });
  expect(metrics.training!.steps).toBe(24);
  expect([6, 12, 18, 24]).toContain(metrics.training!.bestStep);
  expect(metrics.evaluation).toMatchObject({ split: 'test', images: 60 });
  expect(cost).toMatchObject({ computeSeconds: expect.any(Number), pricePerHourUsd: null });
  expect(cost.computeSeconds).toBeGreaterThan(0);
  // What the shards hold, which no index says.
  const kept = await readdir(join(root, 'own-cache/shards'));
  expect(kept.filter((name) => name.endsWith('.json'))).toHaveLength(2);
  // The weights that were kept are the ones in the file.
  expect(await scoreWeights(join(root, 'out'), architecture, shards, join(root, 'cache'))).toEqual(metrics.evaluation);

  expect(classes.split).toBe('test');
  expect(classes.classes.reduce((sum, { images }) => sum + images, 0)).toBe(60);
  const right = classes.classes.reduce((sum, { top1, images }) => sum + (top1 ?? 0) * images, 0);
  expect(right / 60).toBeCloseTo(metrics.evaluation.top1, 9);
  for (const { images, predicted } of classes.classes) {
    expect(predicted.reduce((sum, each) => sum + each.images, 0)).toBe(images);
  }
  expectPicture(await file('confusion.svg'), 'Which classes are taken for which');
  const curves = await file('curves.svg');
  expectPicture(curves, `training of ${architectureId(architecture).slice(0, 8)}`);
  expect(curves).toContain(`kept, step ${metrics.training!.bestStep}`);
});

test('patience ends a training that gets no better, and the best is kept', async () => {
  // So high a rate that the network is lost at once.
  const { steps, metrics } = await finish('lost', '--epochs', '30', '--learning-rate', '3', '--patience', '2');
  expect(steps.at(-1)!.steps).toBe(30 * 12);
  expect(metrics.training!.steps).toBeLessThan(30 * 12);
  expect(metrics.training!.steps - metrics.training!.bestStep!).toBe(2 * 12);
});

test.each([
  [['--rand-augment', '2'], /rand-augment.*whole number over 0, a comma, and a number from 0 to 1/],
  [['--average', '1'], /average.*from 0 to under 1/],
  [['--patience', '0'], /patience.*whole number over 0/],
  [['--weight-decay', '-1'], /weight-decay.*0 or more/],
])('%j is refused', async (flags, line) => {
  await command.expectRefusal(train('refused', ...flags), line);
});
