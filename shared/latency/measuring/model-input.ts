/** @file The input that every runner feeds a model with, and the seed of its weights. */
import { Random } from '../../random.ts';
import { inputDims } from '../part.ts';
import type { TimedModel } from './schedule.ts';

export const weightSeed = 1;

/** Uniform in [-1, 1), in ONNX order (NCHW); [1, 1] for the model of no parts. */
export function modelInput({ key, parts }: TimedModel): { dims: number[]; data: Float32Array } {
  const first = parts[0]?.part;
  const dims = first === undefined ? [1, 1] : inputDims(first);
  return { dims, data: inputValues(key, dims) };
}

/** The same numbers wherever a model of that key runs. */
export function inputValues(key: string, dims: readonly number[]): Float32Array {
  const random = Random.named(weightSeed, `input of ${key}`);
  const length = dims.reduce((product, dim) => product * dim, 1);
  return Float32Array.from({ length }, () => 2 * random.uniform() - 1);
}
