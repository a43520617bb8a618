import { beforeAll, describe, expect, it } from 'vitest';
import { classResultsSchema } from '../../shared/contract/class-results.ts';
import { Random } from '../../shared/random.ts';
import { selectBackend } from '../backend/select.ts';
import type { Loader } from '../data/batches.ts';
import { networkOf } from '../network/from-architecture.ts';
import { passes } from '../network/pass.ts';
import { smallArchitecture } from '../network/test-architecture.ts';
import { noLimit } from '../run/compute-limit.ts';
import { Stopped, stopSignal } from '../run/stop.ts';
import { Confusion } from './confusion.ts';
import { evaluate, imageTensor, recalibrate } from './evaluate.ts';

const classes = 7;
const architecture = { ...smallArchitecture, classes };
const never = stopSignal(() => false);

/** Fixed batches of noise; the last one is smaller. */
function loaderOf(sizes: number[]): Loader {
  const random = Random.named(1, 'noise');
  const batches = sizes.map((size) => ({
    images: Float32Array.from({ length: size * 8 * 8 * 3 }, () => random.normal() * 2 + 1),
    labels: Int32Array.from({ length: size }, () => random.below(classes)),
    skipped: 0,
  }));
  return {
    resolution: 8,
    batchSize: sizes[0]!,
    batchesPerEpoch: sizes.length,
    get: async (_, batch) => batches[batch]!,
    recycle: () => {},
    close: async () => {},
  };
}

beforeAll(async () => {
  await selectBackend('wasm');
});

describe('recalibration', () => {
  it('sets running statistics to their plain means over the batches, whatever they were', async () => {
    const network = networkOf(architecture, { seed: 2 });
    const stem = network.layers[0]!;
    const loader = loaderOf([16, 16, 16]);
    const expected = new Float64Array(4);
    for (let b = 0; b < 3; b++) {
      // One batch alone, with weight 1, leaves its own mean.
      await recalibrate(network, { ...loader, batchesPerEpoch: 1, get: () => loader.get(0, b) }, never);
      stem.runningMean.read().forEach((mean, i) => {
        expected[i]! += mean / 3;
      });
    }
    stem.runningMean.assign(new Float32Array(4).fill(1e6));
    await recalibrate(network, loader, never);
    stem.runningMean.read().forEach((mean, i) => {
      expect(mean).toBeCloseTo(expected[i]!, 4);
    });
  });

  it('makes inference on the same images agree with batch statistics', async () => {
    const network = networkOf(architecture, { seed: 2 });
    const loader = loaderOf([64]);
    const { images } = await loader.get(0, 0);
    await recalibrate(network, loader, never);
    const x = imageTensor(images, loader);
    const [running, batch] = [passes.inference, passes.probe].map((pass) => network.logits(x, pass).dataSync());
    running!.forEach((logit, i) => {
      expect(logit).toBeCloseTo(batch![i]!, 4);
    });
  });
});

describe('evaluation', () => {
  it('counts as an independent sort of the logits does, over a smaller last batch too', async () => {
    const network = networkOf(architecture, { seed: 2 });
    const loader = loaderOf([20, 20, 9]);
    await recalibrate(network, loader, never);
    const { classifier } = network;
    classifier.weight.assign(classifier.weight.read().map((value) => value * 50));
    const result = await evaluate(network, loader, 'test', never);
    let [top1, top5, loss] = [0, 0, 0];
    for (let b = 0; b < 3; b++) {
      const { images, labels } = await loader.get(0, b);
      const logits = network.logits(imageTensor(images, loader), passes.inference).arraySync() as number[][];
      for (const [i, row] of logits.entries()) {
        const rank = row
          .map((_, k) => k)
          .sort((p, q) => row[q]! - row[p]!)
          .indexOf(labels[i]!);
        top1 += rank === 0 ? 1 : 0;
        top5 += rank < 5 ? 1 : 0;
        loss -= Math.log(Math.exp(row[labels[i]!]!) / row.reduce((sum, logit) => sum + Math.exp(logit), 0));
      }
    }
    expect(result).toMatchObject({ split: 'test', images: 49, top1: top1 / 49, top5: top5 / 49 });
    expect(result.loss).toBeCloseTo(loss / 49, 4);
    expect(result.top5).toBeGreaterThan(result.top1);
  });

  it('takes an image whose logits are not finite for nothing: it counts as wrong', async () => {
    const loader = loaderOf([20, 9]);
    const { classes: names, ...few } = { ...architecture, classes: 3 };
    for (const [bias, k] of [
      [Number.NaN, 0],
      [Number.NaN, 2],
      [Number.POSITIVE_INFINITY, 1],
    ] as const) {
      const network = networkOf({ ...few, classes: names }, { seed: 2 });
      network.classifier.bias.assign(new Float32Array(names).with(k, bias));
      const labels = (batch: { labels: Int32Array }) => ({
        ...batch,
        labels: batch.labels.map((label) => label % names),
      });
      const get = async (epoch: number, batch: number) => labels(await loader.get(epoch, batch)) as never;
      const confusion = new Confusion(['a', 'b', 'c']);
      const result = await evaluate(network, { ...loader, get }, 'test', never, noLimit, confusion);
      expect(result).toMatchObject({ images: 29, top1: 0, top5: 0 });
      expect(result.loss).toBeCloseTo(Math.log(3));
      const results = classResultsSchema.parse(confusion.results('test')).classes;
      expect(results.reduce((sum, { images }) => sum + images, 0)).toBe(29);
      expect(results.every(({ top1, predicted }) => top1 === 0 && predicted.length === 0)).toBe(true);
    }
  });

  it('is content with the batches seen when compute is overdue, and with one at least', async () => {
    const network = networkOf(architecture, { seed: 2 });
    let seen = 0;
    const limit = {
      get isOverdue() {
        return ++seen >= 2;
      },
    };
    expect((await evaluate(network, loaderOf([4, 4, 4, 4]), 'test', never, limit)).images).toBe(8);
    seen = 2;
    expect((await evaluate(network, loaderOf([4, 4, 4]), 'test', never, limit)).images).toBe(4);
  });

  it('stops when asked to', async () => {
    const network = networkOf(architecture, { seed: 2 });
    await expect(
      evaluate(
        network,
        loaderOf([4]),
        'test',
        stopSignal(() => true),
      ),
    ).rejects.toThrow(Stopped);
  });
});
