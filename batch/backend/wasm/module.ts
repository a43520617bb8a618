/** @file Finds the compiled kernels and instantiates them over the backend's memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import { projectRoot } from '../../project-root.ts';
import { Instance, type Memory, Module } from './webassembly.ts';

type Kernel = (...values: number[]) => void;
type Measure = (...values: number[]) => number;

/** What `assembly/index.ts` exports; parameters are documented there. Pointers are byte offsets, flags 0 or 1. */
export interface KernelExports {
  add: Kernel;
  addBias: Kernel;
  batchNormApply: Kernel;
  batchNormGrad: Kernel;
  batchNormStatistics: Kernel;
  columnSum: Kernel;
  conv2d: Kernel;
  conv2dFilterGrad: Kernel;
  conv2dInputGrad: Kernel;
  convScratchBytes: Measure;
  depthwise: Kernel;
  depthwiseFilterGrad: Kernel;
  depthwiseInputGrad: Kernel;
  depthwiseScratchBytes: Measure;
  gemm: Kernel;
  gemmScratchBytes: Measure;
  globalAveragePool: Kernel;
  globalAveragePoolGrad: Kernel;
  innerProduct: Measure;
  movingAverage: Kernel;
  multiply: Kernel;
  sgdNesterov: Kernel;
  unsortedSegmentSum: Kernel;
}

/** Where `npm run build:kernels` puts the compiled kernels. */
export function kernelFile(): string {
  return join(projectRoot(), '.dist/batch/backend/kernels.wasm');
}

/** @throws FastpathError `backend.kernels-missing` when the kernels were not compiled */
export function kernelsOver(memory: Memory, file: string): KernelExports {
  let code: Uint8Array<ArrayBuffer>;
  try {
    code = new Uint8Array(readFileSync(file));
  } catch (cause) {
    throw new FastpathError(
      'backend.kernels-missing',
      `The compiled kernels ${file} are missing; run: npm run build:kernels`,
      { cause },
    );
  }
  const instance = new Instance(new Module(code), { env: { memory } });
  return instance.exports as unknown as KernelExports;
}
