/** @file The part of the tfjs-node backend that our kernels use: tensors as handles, and operations by name. */
import type { DataId, KernelBackend, TensorInfo } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../../shared/errors.ts';

type Values = Float32Array | Int32Array;

/** Data that TensorFlow holds: what its binding says of an output. */
export interface Operand {
  id: number;
  shape: number[];
  /** TensorFlow's number of the type */
  dtype: number;
}

/** Data of a tensor of tfjs. */
export interface Handle extends Operand {
  /** values not handed to TensorFlow yet, or null */
  values: Values | null;
  /** tensors that show the data; 0 once it is gone */
  refCount: number;
}

/** A number is an integer unless marked; a type is named as TensorFlow numbers it in `dataTypes`. */
export type AttributeValue = string | boolean | number | readonly number[] | { float: number } | { type: DataType };

/** TensorFlow's numbers of types (`TF_DataType`). */
export const dataTypes = { float32: 1, float64: 2, int32: 3 } as const;
export type DataType = keyof typeof dataTypes;

interface Attribute {
  name: string;
  type: number;
  value: string | boolean | number | readonly number[];
}

interface Binding {
  TF_ATTR_STRING: number;
  TF_ATTR_BOOL: number;
  TF_ATTR_INT: number;
  TF_ATTR_FLOAT: number;
  TF_ATTR_TYPE: number;
  createTensor(shape: readonly number[], dtype: number, values: Values): number;
  deleteTensor(id: number): void;
  executeOp(name: string, attributes: Attribute[], inputIds: number[], outputs: number): Operand[];
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
  /** Runs any operation; the caller owns its outputs. */
  execute(
    name: string,
    inputs: readonly Operand[],
    attributes: Readonly<Record<string, AttributeValue>>,
    outputs: number,
  ): Operand[];
  /** The handle of a tensor, its values handed to TensorFlow. It stays the tensor's. */
  handleOf(tensor: TensorInfo): Handle;
  /** A new float32 tensor that owns the operand from now on. */
  adopt(operand: Operand): TensorInfo;
  /** The handle's data is the operand's from now on, in every tensor that shows it. */
  replace(handle: Handle, operand: Operand): void;
  release(operand: Operand): void;
  /** A few numbers, or one of shape [], kept for the next call: do not release. */
  constant(type: 'float32' | 'int32', values: number | readonly number[]): Operand;
  /** Forgets constants when there are many; never while an operation that has them as input is being put together. */
  trimConstants(): void;
}

/** A few numbers as one input; unlike attributes they may change at each call. */
export class Settings {
  constructor(readonly values: readonly number[]) {}
}

/** Kept constants: the shapes of a supernet's layers are hundreds, and learning rates come and go. */
const mostConstants = 1024;

/** @throws FastpathError `backend.unsupported` */
export function tensorflowOf(backend: unknown): TensorFlow {
  const { binding, tensorMap, isUsingGpuDevice } = backend as NodeBackend;
  if (!binding?.executeOp || !tensorMap) {
    throw new FastpathError(
      'backend.unsupported',
      'This version of tfjs-node hides its binding; install the version that npm run setup:native brings',
    );
  }
  const constants = new Map<string, Operand>();
  const tensorflow: TensorFlow = {
    onGpu: isUsingGpuDevice,
    run(name, inputs, integers, outputs) {
      tensorflow.trimConstants();
      const operands = inputs.map((input) =>
        input instanceof Settings ? tensorflow.constant('float32', input.values) : tensorflow.handleOf(input),
      );
      return tensorflow.execute(name, operands, { integers }, outputs).map(tensorflow.adopt);
    },
    execute(name, inputs, attributes, outputs) {
      const coded = Object.entries(attributes).map(([key, value]) => codedAttribute(binding, key, value));
      const ids = inputs.map(({ id }) => id);
      return binding.executeOp(name, coded, ids, outputs);
    },
    handleOf(tensor) {
      const handle = tensorMap.get(tensor.dataId);
      if (handle.values !== null) {
        handle.id = binding.createTensor(handle.shape, handle.dtype, handle.values);
        handle.values = null;
      }
      return handle;
    },
    adopt({ id, shape, dtype }) {
      const dataId = {};
      tensorMap.set(dataId, { id, shape, dtype, values: null, refCount: 1 });
      return { dataId, shape, dtype: 'float32' };
    },
    replace(handle, { id }) {
      binding.deleteTensor(handle.id);
      handle.id = id;
    },
    release({ id }) {
      binding.deleteTensor(id);
    },
    constant(type, values) {
      const key = `${type} ${typeof values === 'number' ? values : `[${values}]`}`;
      const known = constants.get(key);
      if (known) return known;
      const shape = typeof values === 'number' ? [] : [values.length];
      const list = typeof values === 'number' ? [values] : values;
      const dtype = dataTypes[type];
      const array = type === 'float32' ? Float32Array.from(list) : Int32Array.from(list);
      const made = { id: binding.createTensor(shape, dtype, array), shape, dtype };
      constants.set(key, made);
      return made;
    },
    trimConstants() {
      if (constants.size <= mostConstants) return;
      for (const { id } of constants.values()) binding.deleteTensor(id);
      constants.clear();
    },
  };
  return tensorflow;
}

function codedAttribute(binding: Binding, name: string, value: AttributeValue): Attribute {
  if (typeof value === 'string') return { name, type: binding.TF_ATTR_STRING, value };
  if (typeof value === 'boolean') return { name, type: binding.TF_ATTR_BOOL, value };
  if (typeof value === 'object' && 'float' in value) return { name, type: binding.TF_ATTR_FLOAT, value: value.float };
  if (typeof value === 'object' && 'type' in value) {
    return { name, type: binding.TF_ATTR_TYPE, value: dataTypes[value.type] };
  }
  return { name, type: binding.TF_ATTR_INT, value };
}
