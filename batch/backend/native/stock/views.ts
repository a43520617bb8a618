/**
 * @file Tensors that show the same data in other shapes. tfjs-node gives a reshaped tensor data of its own, which
 * TensorFlow shares until one of the two is replaced; an update that replaces one has to know of the others.
 */
import { getKernel, registerKernel, type TensorInfo, unregisterKernel } from '@tensorflow/tfjs-core';
import type { Handle, TensorFlow } from '../tensorflow.ts';

/** Handle → all handles that show the same data, itself among them. */
const families = new WeakMap<Handle, Set<Handle>>();

/** The other handles that show the data of `handle` and have not been disposed of. */
export function viewsOf(handle: Handle): Handle[] {
  const family = families.get(handle);
  if (!family) return [];
  for (const member of family) if (member.refCount === 0) family.delete(member);
  return [...family].filter((member) => member !== handle);
}

let watching = false;

/** From now on, the backend's Reshape remembers what it made a view of. */
export function rememberViews(tensorflow: TensorFlow): void {
  const original = getKernel('Reshape', 'tensorflow');
  if (watching || !original) return;
  watching = true;
  unregisterKernel('Reshape', 'tensorflow');
  registerKernel({
    ...original,
    kernelFunc: (call) => {
      const view = original.kernelFunc(call) as TensorInfo;
      const from = tensorflow.handleOf(call.inputs.x as TensorInfo);
      const to = tensorflow.handleOf(view);
      const family = families.get(from) ?? new Set([from]);
      family.add(to);
      for (const member of [from, to]) families.set(member, family);
      return view;
    },
  });
}
