/** @file Global average pool, dropout and the linear classifier, with the cross-entropy loss and its gradient. */
import { type Tensor, tensor, zeros } from '@tensorflow/tfjs-core';
import { Random } from '../../shared/random.ts';
import * as ops from '../backend/ops.ts';
import { type GradientSink, type Initializer, Parameter } from './parameter.ts';

export interface Loss {
  /** mean cross entropy of the batch, nats */
  loss: number;
  /** images classified right */
  correct: number;
}

export interface LossOptions {
  labelSmoothing: number;
  /** share of pooled features zeroed, and the stream that says which; null: none */
  dropout: { rate: number; random: Random } | null;
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
    const { loss, correct, dLogits } = ops.softmaxCrossEntropy(logits, labels, options.labelSmoothing);
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
    return { loss, correct, backward, dispose };
  }

  get parameters(): Parameter[] {
    return [this.weight, this.bias];
  }
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
