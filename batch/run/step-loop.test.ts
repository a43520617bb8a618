import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memory, tensor } from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import type { StepRecord } from '../../shared/contract/progress.ts';
import { Random } from '../../shared/random.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { selectBackend } from '../backend/select.ts';
import { testBackend } from '../backend/test-backend.ts';
import { networkOf } from '../network/from-architecture.ts';
import { smallArchitecture } from '../network/test-architecture.ts';
import { weightStep } from '../network/weight-step.ts';
import { noLimit } from './compute-limit.ts';
import type { JobContext } from './context.ts';
import { ProgressWriter } from './progress-writer.ts';
import { runSteps, type StepReport } from './step-loop.ts';
import { StepScores } from './step-scores.ts';
import { stopSignal } from './stop.ts';

beforeAll(async () => {
  await selectBackend(testBackend);
});

/** Weight steps on random images, all NaN from step `brokenFrom` on (counted from 1). */
async function trainingOf(brokenFrom: number) {
  const store = new DirectoryStore(await mkdtemp(join(tmpdir(), 'fastpath-steps-')));
  const network = networkOf(smallArchitecture, { seed: 5 });
  const scores = new StepScores();
  const unread: number[] = [];
  let waiting = 0;
  const take = async (step: number) => {
    const random = Random.named(3, `${step}`);
    const pixel = () => (step + 1 >= brokenFrom ? Number.NaN : random.normal());
    const images = tensor(Float32Array.from({ length: 2 * 8 * 8 * 3 }, pixel), [2, 8, 8, 3]);
    const labels = Int32Array.from([step % 3, (step + 1) % 3]);
    const options = { learningRate: 0.01, weightDecay: 0 };
    scores.add(step + 1, weightStep(network, images, labels, { labelSmoothing: 0, dropout: null }, options), 2);
    images.dispose();
    unread.push(++waiting);
    return (): StepReport => {
      waiting = 0;
      const place = { phase: 'training', epoch: 0, validationLoss: null, validationAccuracy: null } as const;
      return { ...place, ...scores.read(), latency: [], probabilities: [], skippedImages: 0 };
    };
  };
  const saved = new Map<number, Float32Array>();
  const run = async (steps: number, checkpointEveryMs: number) => {
    const context = {
      progress: await ProgressWriter.open(store, 'search'),
      stop: stopSignal(() => false),
      limit: noLimit,
      checkpointEveryMs,
    } as JobContext;
    const save = async (step: number) => void saved.set(step, network.classifier.weight.read().slice());
    return runSteps(context, { from: 0, to: steps, steps, batchSize: 2, take, save, imagesToFinish: 0 });
  };
  const records = async (): Promise<StepRecord[]> => {
    const text = Buffer.from((await store.get('search/progress/000001.jsonl'))!.bytes).toString();
    return text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };
  return { run, unread, saved, records };
}

it('reads few losses of a long run, all of a short one, and leaves none on the device', async () => {
  const tensors = memory().numTensors;
  const long = await trainingOf(Number.POSITIVE_INFINITY);
  const kept = memory().numTensors - tensors;
  expect(await long.run(8000, Number.POSITIVE_INFINITY)).toBe('done');
  expect(Math.max(...long.unread)).toBe(4);
  expect(await long.records()).toHaveLength(2000);
  expect(memory().numTensors).toBe(tensors + kept);
  const short = await trainingOf(Number.POSITIVE_INFINITY);
  await short.run(20, Number.POSITIVE_INFINITY);
  expect(Math.max(...short.unread)).toBe(1);
}, 60_000);

it('names the first step whose loss is not finite, and saves nothing behind it', async () => {
  const training = await trainingOf(102);
  // Unread for up to four steps: 102 is in the middle of them. A checkpoint behind each step would have come before.
  await expect(training.run(8000, 0)).rejects.toMatchObject({
    code: 'training.not-finite',
    message: expect.stringMatching(/training loss is NaN since step 102; .*the last good checkpoint is kept/),
  });
  expect(Math.max(...training.saved.keys())).toBe(101);
  for (const weights of training.saved.values()) expect(weights.every(Number.isFinite)).toBe(true);
  const rare = await trainingOf(102);
  await expect(rare.run(8000, Number.POSITIVE_INFINITY)).rejects.toThrow(
    /step 104: the training loss is NaN since step 102/,
  );
  expect(rare.saved.size).toBe(0);
});
