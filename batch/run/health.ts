/** @file What a worker runs on, in one line for its log and its progress. */
import { execFile } from 'node:child_process';
import { availableParallelism, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { FastpathError } from '../../shared/errors.ts';
import type { SelectedBackend } from '../backend/select.ts';

const run = promisify(execFile);
const answerMs = 10_000;

/** E.g. `Backend: …; GPU NVIDIA A10G, 23028 MiB; 4 processors, 14.0 GB of memory`. */
export async function healthLine({ line }: SelectedBackend): Promise<string> {
  const gpu = await visibleGpu();
  // Of a container, what it may use; 2^63 or so stands for no limit.
  const bytes = Math.min(process.constrainedMemory() || totalmem(), totalmem());
  const machine = `${availableParallelism()} processors, ${(bytes / 1e9).toFixed(1)} GB of memory`;
  return `${line}; ${gpu === null ? 'no GPU' : `GPU ${gpu}`}; ${machine}`;
}

/**
 * A job that pays for a GPU does not compute beside it.
 * @throws FastpathError `gpu.not-visible` (retry: another machine may be well)
 */
export function requireGpu({ onGpu, line }: SelectedBackend): void {
  if (onGpu) return;
  const message = `the job needs a GPU and sees none (${line}): check the driver and the job's GPU requirement`;
  throw new FastpathError('gpu.not-visible', message, { retry: true });
}

/** Name and memory of each, as NVIDIA's driver tells them; null where there is no driver. */
async function visibleGpu(): Promise<string | null> {
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader'];
  const { stdout } = await run('nvidia-smi', query, { timeout: answerMs }).catch(() => ({ stdout: '' }));
  const gpus = stdout.split('\n').filter((line) => line.trim() !== '');
  return gpus.length === 0 ? null : gpus.join('; ');
}
