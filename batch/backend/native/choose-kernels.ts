/**
 * @file Which kernels run inside TensorFlow: ours, compiled for this processor, or TensorFlow's own operations, on a GPU
 * and where nothing was compiled.
 */
import { engine, getKernelsForBackend, unregisterKernel } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../../shared/errors.ts';
import { registerCompiledKernels } from './register.ts';
import { registerStockKernels } from './stock/register.ts';
import { type TensorFlow, tensorflowOf } from './tensorflow.ts';

export type NativeKernels = 'compiled' | 'stock';

/** FASTPATH_KERNELS where it is set. @throws FastpathError `backend.kernels` */
export function insistedKernels(): NativeKernels | null {
  const text = process.env.FASTPATH_KERNELS;
  if (text === undefined || text === 'compiled' || text === 'stock') return text ?? null;
  throw new FastpathError('backend.kernels', `FASTPATH_KERNELS is ${text}; set it to compiled or stock`);
}

/**
 * Registers kernels for the active tfjs-node backend, in place of those registered before.
 * @param insisted no other kernels will do
 * @returns which and why, for people
 * @throws FastpathError `backend.kernels-missing`, `backend.kernels`, `backend.threads`, `backend.unsupported`
 */
export function registerNativeKernels(insisted = insistedKernels()): string {
  const tensorflow = tensorflowOf(engine().backend);
  for (const { kernelName } of getKernelsForBackend('tensorflow')) {
    if (kernelName.startsWith('Fastpath')) unregisterKernel(kernelName, 'tensorflow');
  }
  const refusal = insisted === 'stock' ? 'as FASTPATH_KERNELS says' : tryCompiled(tensorflow, insisted === 'compiled');
  if (refusal === null) return 'kernels compiled for this processor';
  registerStockKernels(tensorflow);
  return `TensorFlow's own kernels, ${refusal}`;
}

/** @returns why not, or null when they are registered */
function tryCompiled(tensorflow: TensorFlow, insisted: boolean): string | null {
  if (tensorflow.onGpu) {
    if (insisted) throw new FastpathError('backend.kernels', 'No compiled kernels for a GPU; unset FASTPATH_KERNELS');
    return 'on the GPU';
  }
  try {
    registerCompiledKernels(tensorflow);
    return null;
  } catch (error) {
    if (insisted || (error instanceof FastpathError && error.code === 'backend.threads')) throw error;
    return `since ${error instanceof Error ? error.message.split('\n')[0] : error}`;
  }
}
