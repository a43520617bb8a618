/** @file The Python that has PyTorch: an environment of this benchmark's own, made at the first run. */
import { execFileSync, spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const requirements = join(import.meta.dirname, 'requirements.txt');

/**
 * The interpreter to run the peer with: `FASTPATH_PEER_PYTHON` where that is set, else the one of `.venv-peer`, which
 * is made where it is missing (about 5 GB: PyTorch brings libraries for GPUs along). Nothing is installed elsewhere.
 * @throws Error when there is no python3 or an install fails
 */
export function peerPython(): string {
  const given = process.env.FASTPATH_PEER_PYTHON;
  if (given) return given;
  const environment = join(root, '.venv-peer');
  const python = join(environment, 'bin/python');
  if (spawnSync(python, ['-c', 'import torch, torchvision']).status === 0) return python;
  console.error('installing PyTorch and torchvision into .venv-peer: about 5 GB, once');
  execFileSync('python3', ['-m', 'venv', environment], { stdio: 'inherit' });
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  execFileSync(python, pip, { stdio: 'inherit' });
  return python;
}
