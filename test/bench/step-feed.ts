/**
 * @file Real images into real weight steps: which share of a step's time this thread waits for its batch and hands it
 * over, fed by a thread of its own, against a loader in this one. Blocks of steps take turns.
 */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { createLoader, type Loader } from '../../batch/data/batches.ts';
import { Feed } from '../../batch/data/feed.ts';
import { weightStep } from '../../batch/network/weight-step.ts';
import { disposeNetwork } from '../../batch/search/outcome.ts';
import { Supernet } from '../../batch/supernet/supernet.ts';
import { imageTensor } from '../../batch/train/evaluate.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { Random } from '../../shared/random.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { uniformPath } from '../../shared/space/path.ts';
import type { Measurement } from './report.ts';
import { median } from './step-timing.ts';

const dataRoot = resolve(import.meta.dirname, '../..', process.env.FASTPATH_TEST_DATA ?? '../shared/data');
const seed = 1;
/** Batches in an epoch: small images are decoded in the first one and come from memory after it, as in any long run. */
const epochBatches = 16;
/** What both loaders prepare ahead is used up in the first steps of a block, which do not count. */
const block = { uncounted: 4, counted: 4 };

export interface FedShape {
  /** folder of shards under FASTPATH_TEST_DATA */
  data: string;
  space: string;
  resolution: number;
  batch: number;
  /** of each loader */
  blocks: number;
}

interface StepTimes {
  waitMs: number;
  handOverMs: number;
  computeMs: number;
}

/** Rows of the active backend; none where the images are not there. @param name the backend's */
export async function feedRows(name: string, shape: FedShape): Promise<Measurement[]> {
  const folder = join(dataRoot, shape.data);
  if (!existsSync(folder)) {
    console.error(`${folder} is missing, and with it what it takes to wait for images: set FASTPATH_TEST_DATA`);
    return [];
  }
  const cache = { cacheDirectory: join(tmpdir(), 'fastpath-bench-cache') };
  const feed = await Feed.open(folder, cache);
  const dataSet = await openDataSet(folder, cache);
  const { resolution, batch: batchSize } = shape;
  const samples = dataSet.train.subarray(0, epochBatches * batchSize);
  const options = { samples, resolution, batchSize, seed, augment: true, streamName: 'bench' };
  const loaders = { fed: feed.loader(options), own: createLoader({ dataSet, ...options }) };
  const plan = planSupernet(findSpace(shape.space), { resolution, classes: dataSet.classes.length });
  const supernet = new Supernet(plan, { seed });
  const times: Record<keyof typeof loaders, StepTimes[]> = { fed: [], own: [] };
  for (const loader of Object.values(loaders)) {
    for (let batch = 0; batch < epochBatches; batch++) await loader.get(0, batch);
  }
  for (let at = 0; at <= shape.blocks; at++) {
    for (const which of at % 2 === 0 ? (['fed', 'own'] as const) : (['own', 'fed'] as const)) {
      const first = epochBatches + at * (block.uncounted + block.counted);
      for (let i = 0; i < block.uncounted + block.counted; i++) {
        const path = uniformPath(plan, Random.named(seed, `path/${first + i}`));
        const took = await step(supernet, path, loaders[which], first + i);
        // The first block of each runs unmeasured: the engine compiles, and memory grows to what steps need.
        if (at > 0 && i >= block.uncounted) times[which].push(took);
      }
    }
  }
  await loaders.own.close();
  await feed.close();
  disposeNetwork(supernet);

  const title = `${name}, ${shape.data} ${resolution} px × ${batchSize}`;
  const count = `medians of ${times.fed.length} steps of each, same paths and batches, in turn`;
  return [
    {
      name: `${title}: waiting for images and handing over`,
      value: share(times.fed),
      unit: '% of a step',
      baseline: share(times.own),
      note: `baseline: a loader in the same thread; ${describe(times.fed)}, against ${describe(times.own)}; ${count}`,
    },
    {
      name: `${title}: weight steps with real images`,
      value: rate(times.fed, batchSize),
      unit: 'images/s',
      baseline: rate(times.own, batchSize),
      note: 'baseline: a loader in the same thread',
    },
  ];
}

async function step(supernet: Supernet, path: readonly number[], loader: Loader, position: number): Promise<StepTimes> {
  const start = performance.now();
  await setImmediate();
  const { batchesPerEpoch } = loader;
  const { images, labels } = await loader.get(Math.floor(position / batchesPerEpoch), position % batchesPerEpoch);
  const got = performance.now();
  const x = imageTensor(images, loader);
  const handed = performance.now();
  const sgd = { learningRate: 1e-3, weightDecay: 4e-5 };
  weightStep(supernet.network(path), x, labels, { labelSmoothing: 0.1, dropout: null }, sgd).read();
  x.dispose();
  return { waitMs: got - start, handOverMs: handed - got, computeMs: performance.now() - handed };
}

const medianOf = (times: readonly StepTimes[], part: (step: StepTimes) => number) => median(times.map(part));
const inputMs = ({ waitMs, handOverMs }: StepTimes) => waitMs + handOverMs;
const wholeMs = (step: StepTimes) => inputMs(step) + step.computeMs;

function share(times: readonly StepTimes[]): number {
  return medianOf(times, (step) => (100 * inputMs(step)) / wholeMs(step));
}

function rate(times: readonly StepTimes[], batch: number): number {
  return (1000 * batch) / medianOf(times, wholeMs);
}

function describe(times: readonly StepTimes[]): string {
  const ms = (part: (step: StepTimes) => number) => medianOf(times, part).toFixed(2);
  return `${ms((step) => step.waitMs)} + ${ms((step) => step.handOverMs)} of ${ms(wholeMs)} ms`;
}
