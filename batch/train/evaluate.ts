/** @file Accuracy of a finished network, and the batch-norm statistics it needs first. */
import { tensor } from '@tensorflow/tfjs-core';
import type { Evaluation } from '../../shared/contract/result.ts';
import type { Loader } from '../data/batches.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { passes, recalibration } from '../network/pass.ts';
import { type ComputeLimit, noLimit } from '../run/compute-limit.ts';
import type { StopSignal } from '../run/stop.ts';
import type { Confusion } from './confusion.ts';

/** Images that recalibration reads: enough for stable means, quick beside any training. */
export const recalibrationImages = 2048;

/**
 * Sets the running batch-norm statistics to their means over batches of training images, which a path taken out of a
 * supernet needs: its own running ones were gathered while other candidates stood before it.
 * @param loader training images without augmentation
 * @throws Stopped
 */
export async function recalibrate(
  network: ConvNet,
  loader: Loader,
  stop: StopSignal,
  limit: Pick<ComputeLimit, 'isOverdue'> = noLimit,
): Promise<void> {
  const batches = Math.min(loader.batchesPerEpoch, Math.ceil(recalibrationImages / loader.batchSize));
  for (let batch = 0; batch < batches; batch++) {
    stop.check();
    if (batch > 0 && limit.isOverdue) return;
    const { images } = await loader.get(0, batch);
    const x = imageTensor(images, loader);
    network.logits(x, recalibration(batch + 1)).dispose();
    x.dispose();
    loader.recycle(images);
  }
}

/**
 * Loss and accuracy over one epoch of a loader that does not shuffle or augment, with running statistics;
 * where compute is overdue, over the batches seen by then. An image whose logits are not all finite is taken for nothing:
 * it counts as wrong, with the loss of a guess.
 * @param confusion takes each image's class and what it was taken for
 * @throws Stopped
 */
export async function evaluate(
  network: ConvNet,
  loader: Loader,
  split: Evaluation['split'],
  stop: StopSignal,
  limit: Pick<ComputeLimit, 'isOverdue'> = noLimit,
  confusion: Confusion | null = null,
): Promise<Evaluation> {
  const sum = { images: 0, loss: 0, top1: 0, top5: 0 };
  for (let batch = 0; batch < loader.batchesPerEpoch; batch++) {
    stop.check();
    if (batch > 0 && limit.isOverdue) break;
    const { images, labels } = await loader.get(0, batch);
    const x = imageTensor(images, loader);
    const logits = network.logits(x, passes.inference);
    score(logits.dataSync<'float32'>(), labels, sum, confusion);
    x.dispose();
    logits.dispose();
    loader.recycle(images);
  }
  const mean = (total: number) => total / sum.images;
  return { split, images: sum.images, loss: mean(sum.loss), top1: mean(sum.top1), top5: mean(sum.top5) };
}

/** A loader's images as a tensor [n, r, r, 3]. */
export function imageTensor(images: Float32Array, { resolution }: { resolution: number }) {
  return tensor(images, [images.length / (resolution * resolution * 3), resolution, resolution, 3]);
}

function score(
  logits: Float32Array,
  labels: Int32Array,
  sum: { images: number; loss: number; top1: number; top5: number },
  confusion: Confusion | null,
): void {
  const classes = logits.length / labels.length;
  for (const [i, label] of labels.entries()) {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    sum.images++;
    if (!row.every(Number.isFinite)) {
      confusion?.add(label, null);
      sum.loss += Math.log(classes);
      continue;
    }
    const right = row[label]!;
    const better = row.reduce(
      (count, logit, k) => count + (logit > right || (logit === right && k < label) ? 1 : 0),
      0,
    );
    const top = row.reduce((a, b) => Math.max(a, b));
    confusion?.add(label, row.indexOf(top));
    sum.loss += Math.log(row.reduce((total, logit) => total + Math.exp(logit - top), 0)) + top - right;
    sum.top1 += better < 1 ? 1 : 0;
    sum.top5 += better < 5 ? 1 : 0;
  }
}
