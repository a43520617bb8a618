/** @file Finds the compiled kernels and instantiates them over the backend's memory. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FastpathError } from '../../../shared/errors.ts';
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

/** The project's root: the nearest folder above this file with a package.json, from sources and from a bundle alike. */
function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
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
