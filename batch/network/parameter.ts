/** @file Trainable numbers and where gradients go. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { tensor, zeros } from '@tensorflow/tfjs-core';
import { Random } from '../../shared/random.ts';

/** A trainable tensor with its momentum; both are updated in place. */
export class Parameter {
  readonly momentum: Tensor;

  /** @param decays false for batch-norm scale and shift and for biases: weight decay leaves them alone */
  constructor(
    readonly name: string,
    readonly value: Tensor,
    readonly decays: boolean,
  ) {
    this.momentum = zeros(value.shape);
  }

  dispose(): void {
    this.value.dispose();
    this.momentum.dispose();
  }
}

/** Takes a parameter's gradient in the backward pass, and owns it from then on. */
export type GradientSink = (parameter: Parameter, gradient: Tensor) => void;

/** Says where initial values come from: each name has its own stream, so the order of construction does not matter. */
export interface Initializer {
  seed: number;
}

/** Kaiming-normal, fan out: standard deviation √(2 / (kernel area · output channels)). */
export function kaimingNormal(
  init: Initializer,
  name: string,
  shape: [number, number, number, number],
  fanOut: number,
): Parameter {
  const random = Random.named(init.seed, `init/${name}`);
  const deviation = Math.sqrt(2 / fanOut);
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal() * deviation);
  return new Parameter(name, tensor(values, shape), true);
}
