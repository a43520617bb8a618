/** @file Starts the worker as a process of its own. The rest of the CLI sees only what is declared here. */
import { spawn } from 'node:child_process';
import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FastpathError } from '../../shared/errors.ts';
import { cacheDirectory } from './home.ts';
import { entryPoint } from './package-root.ts';

/** Which job to run: where it lies, what its spec must hash to, and the how-manieth try this is. */
export interface WorkerJob {
  /** directory of the object store */
  store: string;
  /** key prefix of the search in it */
  search: string;
  specSha256: string;
  attempt: number;
  /** file that gets what the worker prints; it outlives this process, as the worker may */
  log: string;
  /** of its kernels; left out: a thread a core */
  threads?: number;
}

export interface WorkerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningWorker {
  pid: number;
  exited: Promise<WorkerExit>;
  /** asks it to save and exit */
  stop(): void;
  /** ends it at once; its last checkpoint stays */
  kill(): void;
}

export type StartWorker = (job: WorkerJob) => Promise<RunningWorker>;

export interface StarterOptions {
  /** folder for what can be made again */
  cache?: string | undefined;
  /** of node; left out: the project's own worker */
  args?: string[];
}

export function workerStarter(options: StarterOptions = {}): StartWorker {
  const { cache = cacheDirectory(), args = entryPoint('batch/worker') } = options;
  return async (job) => {
    await mkdir(dirname(job.log), { recursive: true });
    const log = await open(job.log, 'a');
    try {
      const child = spawn(process.execPath, args, {
        env: {
          ...process.env,
          FASTPATH_CACHE: cache,
          FASTPATH_STORE: job.store,
          FASTPATH_SEARCH: job.search,
          FASTPATH_SPEC_SHA256: job.specSha256,
          FASTPATH_ATTEMPT: String(job.attempt),
          ...(job.threads === undefined ? {} : { FASTPATH_THREADS: String(job.threads) }),
        },
        stdio: ['ignore', log.fd, log.fd],
        // A process group of its own: Ctrl-C reaches this process alone, which then asks the worker once.
        detached: true,
      });
      const exited = new Promise<WorkerExit>((resolve) => {
        child.once('exit', (code, signal) => resolve({ code, signal }));
      });
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve);
        child.once('error', (cause) => {
          const message = `the worker process could not be started (${cause.message}): free some memory and try again`;
          reject(new FastpathError('worker.not-started', message, { retry: true, cause }));
        });
      });
      return { pid: child.pid!, exited, stop: () => child.kill('SIGTERM'), kill: () => child.kill('SIGKILL') };
    } finally {
      await log.close();
    }
  };
}
