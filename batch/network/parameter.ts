/** @file Trainable numbers and where gradients go. */
import type { Tensor } from '@tensorflow/tfjs-core';
import { tensor, zeros } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../shared/errors.ts';
import { Random } from '../../shared/random.ts';

/** A named tensor that outlives steps. Kernels update it in place. */
export class Variable {
  constructor(
    readonly name: string,
    public value: Tensor,
  ) {}

  /** @throws FastpathError `weights.shape` when the number of values does not fit */
  assign(values: Float32Array): void {
    if (values.length !== this.value.size) {
      const expected = `${this.value.size} values (${this.value.shape.join('×')})`;
      throw new FastpathError('weights.shape', `${this.name} has ${values.length} values where ${expected} are needed`);
    }
    const next = tensor(values, this.value.shape);
    this.value.dispose();
    this.value = next;
  }

  read(): Float32Array {
    return this.value.dataSync<'float32'>();
  }

  dispose(): void {
    this.value.dispose();
  }
}

/** A trainable variable with its momentum. */
export class Parameter extends Variable {
  readonly momentum: Variable;

  /** @param decays false for batch-norm scale and shift and for biases: weight decay leaves them alone */
  constructor(
    name: string,
    value: Tensor,
    readonly decays: boolean,
  ) {
    super(name, value);
    this.momentum = new Variable(`${name}.momentum`, zeros(value.shape));
  }

  override dispose(): void {
    super.dispose();
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
