/**
 * @file What a step costs beside its arithmetic: JavaScript, tfjs's engine, the binding, and TensorFlow's executor. Measured
 * as a step of the same path in a skeleton of the space: 1 to 9 channels on images of one pixel, so that the same kernels
 * are called in the same order with next to nothing to compute. An upper bound: what a kernel does whatever its size,
 * as handing work to threads, is in it, and TensorFlow's own convolutions do much of that.
 */
import { engine } from '@tensorflow/tfjs-core';
import type { SearchSpace } from '../../shared/contract/space.ts';
import type { Path } from '../../shared/space/plan.ts';
import { Setting } from './step-setting.ts';
import { median } from './step-timing.ts';

/** `space` with its blocks, candidates and shortcuts, but no width or stride to speak of. */
export function skeletonOf(space: SearchSpace): SearchSpace {
  return {
    ...space,
    resolution: 1,
    stem: { ...space.stem, stride: 1, channels: 9 },
    first: { ...space.first, channels: 8 },
    // Widths that differ: no shortcut where `space` has none.
    stages: space.stages.map((stage, i) => ({ ...stage, stride: 1, width: i + 1 })),
    head: { channels: 7 },
  };
}

export interface Dispatch {
  /** kernels that a step calls */
  calls: number;
  /** ms that those calls take with nothing to compute */
  ms: number;
}

/** Of a weight step of `path`. @throws Error when the skeleton's step calls other kernels than the setting's */
export function dispatchOf(setting: Setting, path: Path, repeats: number): Dispatch {
  const shape = { ...setting.shape, resolution: 1, batch: 1, classes: 2 };
  const skeleton = new Setting(shape, skeletonOf(setting.space));
  const bare = skeleton.supernet.network(path);
  const calls = kernelsOf(() => setting.weightStep(setting.supernet.network(path)));
  const called = kernelsOf(() => skeleton.weightStep(bare));
  if (called.join() !== calls.join()) throw new Error('the skeleton of the space calls other kernels than the space');
  const times = Array.from({ length: repeats }, () => {
    const start = performance.now();
    skeleton.weightStep(bare);
    return performance.now() - start;
  });
  skeleton.dispose();
  return { calls: calls.length, ms: median(times) };
}

function kernelsOf(run: () => void): string[] {
  const names: string[] = [];
  const watched = engine();
  const original = watched.runKernel;
  watched.runKernel = ((name, inputs, attributes) => {
    names.push(name);
    return original.call(watched, name, inputs, attributes);
  }) as typeof original;
  try {
    run();
  } finally {
    watched.runKernel = original;
  }
  return names;
}
