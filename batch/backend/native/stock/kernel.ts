/** @file What a kernel made of TensorFlow's operations is written in: operations on operands, cleaned up behind it. */
import { type NamedTensorInfoMap, registerKernel, type TensorInfo } from '@tensorflow/tfjs-core';
import type { KernelAttributes, KernelName } from '../../kernels.ts';
import { noteScratch } from '../../memory.ts';
import type { AttributeValue, Handle, Operand, TensorFlow } from '../tensorflow.ts';
import { viewsOf } from './views.ts';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Operations of one call of a kernel. What they made is deleted at the end, unless it went into a tensor. */
export class Operations {
  private readonly made = new Set<Operand>();

  constructor(private readonly tensorflow: TensorFlow) {
    tensorflow.trimConstants();
  }

  get onGpu(): boolean {
    return this.tensorflow.onGpu;
  }

  /** An operation's outputs. */
  all(name: string, inputs: readonly Operand[], attributes: Attributes, outputs: number): Operand[] {
    const results = this.tensorflow.execute(name, inputs, attributes, outputs);
    for (const result of results) this.made.add(result);
    return results;
  }

  /** The output of an operation that has one, or the first. */
  one(name: string, inputs: readonly Operand[], attributes: Attributes = {}, outputs = 1): Operand {
    return this.all(name, inputs, attributes, outputs)[0]!;
  }

  /** Sum of float32 operands of one shape. */
  sum(terms: readonly Operand[]): Operand {
    return this.one('AddN', terms, { N: terms.length, T: { type: 'float32' } });
  }

  /** x · factor. */
  scaled(x: Operand, factor: number): Operand {
    return this.one('Mul', [x, this.number(factor)]);
  }

  /** A float32 scalar. */
  number(value: number): Operand {
    return this.tensorflow.constant('float32', value);
  }

  /** An int32 scalar, or vector [n]: a shape, axes. */
  integers(values: number | readonly number[]): Operand {
    return this.tensorflow.constant('int32', values);
  }

  /** A float32 vector of no elements: an input that an operation does not read. */
  get nothing(): Operand {
    return this.tensorflow.constant('float32', []);
  }

  /** In place: every tensor that shows the data of `target` shows `next`. */
  replace(target: Handle, next: Operand): void {
    const views = viewsOf(target).map((view): [Handle, Operand] => [
      view,
      this.one('Reshape', [next, this.integers(view.shape)]),
    ]);
    for (const [handle, operand] of [[target, next] as const, ...views]) {
      this.made.delete(operand);
      this.tensorflow.replace(handle, operand);
    }
  }

  adopt(output: Operand): TensorInfo {
    this.made.delete(output);
    return this.tensorflow.adopt(output);
  }

  end(): void {
    let bytes = 0;
    for (const operand of this.made) {
      bytes += 4 * operand.shape.reduce((size, length) => size * length, 1);
      this.tensorflow.release(operand);
    }
    noteScratch(bytes);
  }
}

/** The kernel's outputs from its inputs' handles. */
export type StockKernel<K extends KernelName> = (
  operations: Operations,
  inputs: Record<string, Handle>,
  attributes: KernelAttributes[K],
) => Operand[];

export function registerStockKernel<K extends KernelName>(
  kernelName: K,
  kernel: StockKernel<K>,
  tensorflow: TensorFlow,
): void {
  registerKernel({
    kernelName,
    backendName: 'tensorflow',
    kernelFunc: ({ inputs, attrs }): TensorInfo[] => {
      const handles: Record<string, Handle> = {};
      for (const [name, tensor] of Object.entries(inputs as NamedTensorInfoMap)) {
        if (tensor) handles[name] = tensorflow.handleOf(tensor);
      }
      const operations = new Operations(tensorflow);
      try {
        const outputs = kernel(operations, handles, attrs as unknown as KernelAttributes[K]);
        return outputs.map((output) => operations.adopt(output));
      } finally {
        operations.end();
      }
    },
  });
}
