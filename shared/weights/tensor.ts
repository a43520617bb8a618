/** @file A named array of numbers outside any backend, and the element types a safetensors file may hold of it. */

export type TensorData = Float32Array | Float64Array | Int32Array | BigInt64Array;

/** `data` holds the elements in row-major order; its length is the product of `shape` (1 for a scalar, shape `[]`). */
export interface Tensor {
  shape: number[];
  data: TensorData;
}

export type Dtype = 'F32' | 'F64' | 'I32' | 'I64';

export const bytesPerElement: Readonly<Record<Dtype, number>> = { F32: 4, F64: 8, I32: 4, I64: 8 };

/** The name that safetensors gives to the array's element type. */
export function dtypeOf(data: TensorData): Dtype {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof Float64Array) return 'F64';
  return data instanceof Int32Array ? 'I32' : 'I64';
}

/** A typed array over a copy of the bytes, so that it is aligned and nobody else's. */
export function dataFromBytes(dtype: Dtype, bytes: Uint8Array): TensorData {
  // Not slice(): on a Node Buffer that is a view of the same memory.
  const own = new Uint8Array(bytes).buffer;
  switch (dtype) {
    case 'F32':
      return new Float32Array(own);
    case 'F64':
      return new Float64Array(own);
    case 'I32':
      return new Int32Array(own);
    case 'I64':
      return new BigInt64Array(own);
  }
}
