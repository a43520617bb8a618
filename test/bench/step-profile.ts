/** @file Where a step's time goes: each kernel timed from the outside, by name and by the part of the step it is in. */
import { engine } from '@tensorflow/tfjs-core';

/** Everything up to the loss; the backward pass; candidates that run forward behind the loss; the optimizer. */
export type StepPart = 'forward' | 'backward' | 'inactive candidates' | 'update';

export interface Profile {
  totalMs: number;
  /** ms in kernels of each part; what is missing to the total is the engine and JavaScript around them */
  parts: Map<StepPart, number>;
  /** ms of each kernel */
  kernels: Map<string, number>;
}

const forwardKernels = new Set([
  ...['FastpathConv2D', 'FastpathDepthwise', 'FastpathBatchNorm', 'FastpathConv2DNorm', 'FastpathDepthwiseNorm'],
]);

/** Runs the steps (synchronous, each with one loss) one after the other. */
export function profile(steps: readonly (() => unknown)[]): Profile {
  const kernels = new Map<string, number>();
  const parts = new Map<StepPart, number>();
  let behindLoss = false;
  const watched = engine();
  const original = watched.runKernel;
  watched.runKernel = ((name, inputs, attributes) => {
    const start = performance.now();
    const outputs = original.call(watched, name, inputs, attributes);
    const ms = performance.now() - start;
    kernels.set(name, (kernels.get(name) ?? 0) + ms);
    const part = partOf(name, behindLoss);
    parts.set(part, (parts.get(part) ?? 0) + ms);
    if (name === 'FastpathSoftmaxCrossEntropy') behindLoss = true;
    return outputs;
  }) as typeof original;
  const start = performance.now();
  try {
    for (const step of steps) {
      behindLoss = false;
      step();
    }
  } finally {
    watched.runKernel = original;
  }
  return { totalMs: performance.now() - start, parts, kernels };
}

function partOf(kernel: string, behindLoss: boolean): StepPart {
  if (kernel === 'FastpathSgdNesterov') return 'update';
  if (!behindLoss) return 'forward';
  return forwardKernels.has(kernel) ? 'inactive candidates' : 'backward';
}
