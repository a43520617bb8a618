/** @file Runs one kernel on the active backend and samples memory behind it. */
import { engine, type NamedAttrMap, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import type { KernelAttributes, KernelName } from '../kernels.ts';
import { sampleMemory } from '../memory.ts';

/** Runs `name` and returns its outputs in the kernel's order. */
export function runKernel<K extends KernelName>(
  name: K,
  inputs: NamedTensorMap,
  attributes: KernelAttributes[K],
): Tensor[] {
  const outputs = engine().runKernel<Tensor | Tensor[]>(name, inputs, attributes as unknown as NamedAttrMap);
  sampleMemory();
  return Array.isArray(outputs) ? outputs : [outputs];
}

/** Runs a kernel with one output. */
export function runSingle<K extends KernelName>(
  name: K,
  inputs: NamedTensorMap,
  attributes: KernelAttributes[K],
): Tensor {
  return runKernel(name, inputs, attributes)[0]!;
}
