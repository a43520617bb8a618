/** @file Global average pool, dropout and the linear classifier, with the cross-entropy loss and its gradient. */
import { fill, type Tensor, tensor, zeros } from '@tensorflow/tfjs-core';
import { Random } from '../../shared/random.ts';
import * as ops from '../backend/ops.ts';
import { type GradientSink, type Initializer, Parameter } from './parameter.ts';
import { UnreadScore } from './unread-score.ts';

export interface LossOptions {
  labelSmoothing: number;
  /** share of pooled features zeroed, and the stream that says which; null: none */
  dropout: { rate: number; random: Random } | null;
  /** blended images: their other labels, and the share of the first ones from 0 to 1; left out: none are */
  mix?: { labels: Int32Array; share: number };
  /** factor on the gradient, not on the loss; 1 where left out */
  scale?: number;
}

export class Classifier {
  readonly weight: Parameter;
  readonly bias: Parameter;

  constructor(features: number, classes: number, init: Initializer) {
    // Small weights: all classes start about equally likely, so that the first loss is about ln(classes).
    const random = Random.named(init.seed, 'init/classifier.weight');
    const values = Float32Array.from({ length: features * classes }, () => random.normal() * 0.01);
    this.weight = new Parameter('classifier.weight', tensor(values, [features, classes]), true);
    this.bias = new Parameter('classifier.bias', zeros([classes]), false);
  }

  /** features [n, h, w, c] → logits [n, classes]. */
  logits(features: Tensor): Tensor {
    const pooled = ops.globalAveragePool(features);
    const logits = ops.linear(pooled, this.weight.value, this.bias.value);
    pooled.dispose();
    return logits;
  }

  /**
   * Loss over features [n, h, w, c], and a backward pass that gives ∂L/∂features.
   * `backward` with `sink` null leaves the classifier's own gradients out.
   */
  loss(features: Tensor, labels: Int32Array, options: LossOptions) {
    let pooled = ops.globalAveragePool(features);
    const mask = options.dropout ? dropoutMask(pooled.shape as [number, number], options.dropout) : null;
    if (mask) pooled = replaced(pooled, ops.multiply(pooled, mask));
    const logits = ops.linear(pooled, this.weight.value, this.bias.value);
    const { score, dLogits } = crossEntropy(logits, labels, options);
    logits.dispose();
    const backward = (sink: GradientSink | null): Tensor => {
      const { dx, dw, db } = ops.linearGrad(pooled, dLogits, this.weight.value);
      if (sink) {
        sink(this.weight, dw);
        sink(this.bias, db);
      } else {
        dw.dispose();
        db.dispose();
      }
      const dPooled = mask ? replaced(dx, ops.multiply(dx, mask)) : dx;
      const dFeatures = ops.globalAveragePoolGrad(dPooled, features.shape);
      dPooled.dispose();
      dispose();
      return dFeatures;
    };
    const dispose = () => {
      for (const held of [pooled, dLogits, mask]) held?.dispose();
    };
    return { score, backward, dispose };
  }

  get parameters(): Parameter[] {
    return [this.weight, this.bias];
  }
}

/** Cross entropy against blended labels is the blend of both cross entropies, since it is linear in its target. */
function crossEntropy(logits: Tensor, labels: Int32Array, { labelSmoothing, mix, scale = 1 }: LossOptions) {
  const first = ops.softmaxCrossEntropy(logits, labels, labelSmoothing);
  const score = UnreadScore.of(first.score);
  if (!mix) return { score, dLogits: scaled(first.dLogits, scale) };
  const second = ops.softmaxCrossEntropy(logits, mix.labels, labelSmoothing);
  const parts = [scaled(first.dLogits, scale * mix.share), scaled(second.dLogits, scale * (1 - mix.share))] as const;
  const dLogits = ops.add(...parts);
  for (const part of parts) part.dispose();
  const firstCounts = mix.share >= 0.5;
  const blended = UnreadScore.sum([
    { score, lossShare: mix.share, correctShare: firstCounts ? 1 : 0 },
    { score: UnreadScore.of(second.score), lossShare: 1 - mix.share, correctShare: firstCounts ? 0 : 1 },
  ]);
  return { score: blended, dLogits };
}

/** Takes `x`. */
function scaled(x: Tensor, factor: number): Tensor {
  if (factor === 1) return x;
  const factors = fill(x.shape, factor);
  const product = ops.multiply(x, factors);
  factors.dispose();
  return replaced(x, product);
}

function replaced<T extends Tensor>(old: Tensor, next: T): T {
  old.dispose();
  return next;
}

/** Inverted dropout: kept features are scaled by 1 / (1 − rate). */
function dropoutMask(shape: [number, number], { rate, random }: { rate: number; random: Random }): Tensor {
  const kept = 1 / (1 - rate);
  const values = Float32Array.from({ length: shape[0] * shape[1] }, () => (random.uniform() < rate ? 0 : kept));
  return tensor(values, shape);
}
