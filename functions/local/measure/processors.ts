/** @file The processors of this machine, and holding the process on some of them. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { promisify } from 'node:util';
import { FastpathError } from '../../../shared/errors.ts';

export interface Affinity {
  /** as the system lists them, e.g. `0-1`; null where it does not say */
  processors: string | null;
  pinned: boolean;
}

/** The processor in the maker's words, without trade marks and clock: `AMD EPYC 9R45`. */
export function processorName(): string {
  const model = cpus()[0]?.model ?? '';
  const plain = model.replaceAll(/\((r|tm)\)|\b(cpu|processor)\b|@.*$|\d+-core/gi, ' ').replaceAll(/\s+/g, ' ');
  return plain.trim() || 'unknown processor';
}

/**
 * Holds this process, and those that it starts, on as many processors as it has threads: the last ones, because the
 * first often serve the system's interrupts.
 * @throws FastpathError `measure.threads` where there are fewer processors than threads
 */
export async function pinProcess(threads: number): Promise<Affinity> {
  const available = availableParallelism();
  if (threads > available) {
    const message = `--threads ${threads} are more than the ${available} processors of this machine: use ${available} or fewer`;
    throw new FastpathError('measure.threads', message);
  }
  const allowed = await allowedProcessors();
  if (allowed === null) return { processors: null, pinned: false };
  const chosen = allowed.slice(-threads).join(',');
  const pinned = await holdOn(chosen);
  return { processors: pinned ? chosen : allowed.join(','), pinned };
}

/** Does `work` while this process is held as `pinProcess` holds it, and lets it go where it was allowed before. */
export async function whilePinned<T>(threads: number, work: () => Promise<T>): Promise<T> {
  const allowed = await allowedProcessors();
  const { pinned } = await pinProcess(threads);
  try {
    return await work();
  } finally {
    if (pinned) await holdOn(allowed!.join(','));
  }
}

/** @returns whether it is held there: not where the system has no such program */
async function holdOn(processors: string): Promise<boolean> {
  return promisify(execFile)('taskset', ['-a', '-c', '-p', processors, String(process.pid)]).then(
    () => true,
    () => false,
  );
}

/** Numbers of the processors this process may run on (proc(5), Cpus_allowed_list), or null where /proc is missing. */
async function allowedProcessors(): Promise<number[] | null> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1];
  return list === undefined ? null : parseList(list);
}

/** `0,2-4` → [0, 2, 3, 4] */
export function parseList(list: string): number[] {
  return list.split(',').flatMap((range) => {
    const [from, to = from] = range.split('-').map(Number);
    return Array.from({ length: to! - from! + 1 }, (_, i) => from! + i);
  });
}
