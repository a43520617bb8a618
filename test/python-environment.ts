/** @file Pythons with packages that are too large for everybody: an environment of the project's own for each set. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

export interface PythonEnvironment {
  /** names an interpreter to use instead */
  variable: string;
  /** folder in the project */
  folder: string;
  /** requirements file in the project */
  requirements: string;
  /** modules that must be there */
  modules: readonly string[];
  /** what it brings and how much, for people */
  size: string;
}

/** PyTorch brings libraries for GPUs along. */
export const pytorch: PythonEnvironment = {
  variable: 'FASTPATH_PEER_PYTHON',
  folder: '.venv-peer',
  requirements: 'test/bench/peer/requirements.txt',
  modules: ['torch', 'torchvision', 'safetensors'],
  size: 'PyTorch and torchvision: about 5 GB',
};

export const frameworks: PythonEnvironment = {
  variable: 'FASTPATH_FRAMEWORKS_PYTHON',
  folder: '.venv-frameworks',
  requirements: 'test/services/requirements-frameworks.txt',
  modules: ['tensorflow', 'onnx', 'onnxruntime', 'safetensors'],
  size: "TensorFlow and ONNX Runtime's tools: about 1.5 GB",
};

/**
 * Its interpreter, after an install where it is missing. Nothing is installed elsewhere.
 * @throws Error when there is no python3 or an install fails
 */
export function pythonOf({ variable, folder, requirements, modules, size }: PythonEnvironment): string {
  const given = process.env[variable];
  if (given) return given;
  const python = join(root, folder, 'bin/python');
  const find = `import importlib.util, sys; sys.exit(not all(map(importlib.util.find_spec, ${JSON.stringify(modules)})))`;
  if (spawnSync(python, ['-c', find]).status === 0) return python;
  console.error(`installing into ${folder}, once: ${size}`);
  execFileSync('python3', ['-m', 'venv', join(root, folder)], { stdio: 'inherit' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', join(root, requirements)];
  execFileSync(python, pip, { stdio: 'inherit' });
  return python;
}
