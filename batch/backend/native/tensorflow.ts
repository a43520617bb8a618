/** @file The part of the tfjs-node backend that our kernels use: tensors as handles, and operations by name. */
import type { DataId, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../../shared/errors.ts';

type Values = Float32Array | Int32Array;

interface Handle {
  id: number;
  shape: number[];
  /** TensorFlow's number of the type */
  dtype: number;
  /** values not handed to TensorFlow yet, or null */
  values: Values | null;
  refCount: number;
}

interface Attribute {
  name: string;
  type: number;
  value: number[];
}

/** What tfjs-node's binding says of an output. */
interface OutputInfo {
  id: number;
  shape: number[];
  dtype: number;
}

interface Binding {
  TF_ATTR_INT: number;
  TF_FLOAT: number;
  createTensor(shape: readonly number[], dtype: number, values: Values): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: Attribute[], inputIds: number[], outputs: number): OutputInfo[];
}

/** What we rely on of tfjs-node 4.22; checked once in `tensorflowOf`. */
interface NodeBackend extends KernelBackend {
  binding: Binding;
  isUsingGpuDevice: boolean;
  tensorMap: { get(dataId: DataId): Handle; set(dataId: DataId, handle: Handle): void };
}

export interface TensorFlow {
  readonly onGpu: boolean;
  /** Runs one of our operations on float32 tensors. @param integers its attribute */
  run(name: string, inputs: (TensorInfo | Settings)[], integers: readonly number[], outputs: number): TensorInfo[];
}

/** A few numbers as one input; unlike attributes they may change at each call. */
export class Settings {
  constructor(readonly values: readonly number[]) {}
}

/** Handles of settings that are kept; those of a step come again and again within it. */
const mostSettings = 64;

/** @throws FastpathError `backend.unsupported` */
export function tensorflowOf(backend: unknown): TensorFlow {
  const { binding, tensorMap, isUsingGpuDevice } = backend as NodeBackend;
  if (!binding?.executeOp || !tensorMap) {
    throw new FastpathError(
      'backend.unsupported',
      'This version of tfjs-node hides its binding; install the version that npm run setup:native brings',
    );
  }
  const settings = new Map<string, number>();
  const settingsId = ({ values }: Settings) => {
    const key = values.join();
    const known = settings.get(key);
    if (known !== undefined) return known;
    const id = binding.createTensor([values.length], binding.TF_FLOAT, Float32Array.from(values));
    settings.set(key, id);
    return id;
  };
  const idOf = (input: TensorInfo | Settings) => {
    if (input instanceof Settings) return settingsId(input);
    const handle = tensorMap.get(input.dataId);
    if (handle.values !== null) {
      handle.id = binding.createTensor(handle.shape, handle.dtype, handle.values);
      handle.values = null;
    }
    return handle.id;
  };
  return {
    onGpu: isUsingGpuDevice,
    run(name, inputs, integers, outputs) {
      if (settings.size > mostSettings) {
        for (const id of settings.values()) binding.deleteTensor(id);
        settings.clear();
      }
      const attributes = [{ name: 'integers', type: binding.TF_ATTR_INT, value: [...integers] }];
      return binding.executeOp(name, attributes, inputs.map(idOf), outputs).map(({ id, shape, dtype }) => {
        const dataId = {};
        tensorMap.set(dataId, { id, shape, dtype, values: null, refCount: 1 });
        return { dataId, shape, dtype: 'float32' };
      });
    },
  };
}
