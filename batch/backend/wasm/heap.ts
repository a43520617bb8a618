/** @file The part of the tfjs WebAssembly backend that our kernels use: its memory, and tensors as offsets into it. */
import type { DataId, KernelBackend, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs-core';
import { FastpathError } from '../../../shared/errors.ts';
import { noteScratch } from '../memory.ts';
import { type KernelExports, kernelFile, kernelsOver } from './module.ts';
import { Memory } from './webassembly.ts';

interface EmscriptenModule {
  asm: { memory: Memory };
  _malloc(bytes: number): number;
  _free(offset: number): void;
}

/** What we rely on of BackendWasm 4.22; checked once in `heapOf`. */
interface WasmBackend extends KernelBackend {
  wasm: EmscriptenModule;
  dataIdMap: { get(dataId: DataId): { memoryOffset: number } };
  makeOutput(shape: number[], dtype: 'float32' | 'int32'): TensorInfo;
}

/** Access to one backend's memory. Typed views must not outlive the next allocation: growth detaches them. */
export interface Heap {
  kernels: KernelExports;
  /** Byte offset of a tensor's data. */
  at(tensor: TensorInfo | undefined): number;
  /** A new, uninitialised tensor. */
  output(shape: readonly number[]): TensorInfo;
  /** Runs `use` with the offset of `bytes` of scratch memory, freed afterwards. */
  scratch(bytes: number, use: (offset: number) => void): void;
  /** View of a float32 tensor, valid until the next allocation. */
  floats(tensor: TensorInfo): Float32Array;
  /** View of an int32 tensor, valid until the next allocation. */
  integers(tensor: TensorInfo): Int32Array;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Pointers have 32 bits; a larger request would wrap around and seem to succeed. */
const addressableBytes = 2 ** 32;

const heaps = new WeakMap<object, Heap>();

/** @throws FastpathError `backend.kernels-missing`, `backend.unsupported` */
export function heapOf(backend: unknown): Heap {
  const known = heaps.get(backend as object);
  if (known) return known;
  const { wasm, dataIdMap } = backend as WasmBackend;
  if (!(wasm?.asm?.memory instanceof Memory) || !dataIdMap) {
    throw new FastpathError(
      'backend.unsupported',
      'This version of tfjs-backend-wasm hides its memory; install the version pinned in package.json (npm ci)',
    );
  }
  const heap = makeHeap(backend as WasmBackend);
  heaps.set(backend as object, heap);
  return heap;
}

function makeHeap(backend: WasmBackend): Heap {
  const { wasm } = backend;
  const { memory } = wasm.asm;
  const at = (tensor: TensorInfo | undefined) => backend.dataIdMap.get(tensor!.dataId).memoryOffset;
  return {
    kernels: kernelsOver(memory, kernelFile()),
    at,
    output(shape) {
      const bytes = 4 * sizeOf(shape);
      if (bytes >= addressableBytes) throw outOfMemory(bytes);
      const tensor = backend.makeOutput([...shape], 'float32');
      if (at(tensor) === 0) throw outOfMemory(bytes);
      return tensor;
    },
    scratch(bytes, use) {
      noteScratch(bytes);
      const offset = wasm._malloc(bytes) >>> 0;
      if (offset === 0) throw outOfMemory(bytes);
      try {
        use(offset);
      } finally {
        wasm._free(offset);
      }
    },
    floats: (tensor) => new Float32Array(memory.buffer, at(tensor), sizeOf(tensor.shape)),
    integers: (tensor) => new Int32Array(memory.buffer, at(tensor), sizeOf(tensor.shape)),
  };
}

function outOfMemory(bytes: number): FastpathError {
  return new FastpathError(
    'backend.out-of-memory',
    `WebAssembly memory has no room for another ${(bytes / 2 ** 20).toFixed(1)} MB; use a smaller batch or resolution`,
  );
}

/** Tensors a kernel was called with, by name. */
export type Inputs = NamedTensorInfoMap;
