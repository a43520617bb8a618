/** @file The queue of `fastpath serve`: workers are processes on this machine, which outlive it. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../../shared/clock.ts';
import type { JobEvent } from '../../../shared/queue/job-queue.ts';
import { ProcessQueue } from '../../../shared/queue/process-queue.ts';
import { cacheDirectory } from '../home.ts';
import { entryPoint } from '../package-root.ts';

/** Throws what opening the queue throws. */
export function openWorkerQueue(home: string, onEvent: (event: JobEvent) => void): Promise<ProcessQueue> {
  // Workers need no database, and so do not get to know it.
  const { DATABASE_URL: _, ...environment } = process.env;
  return ProcessQueue.open({
    directory: join(home, 'queue'),
    command: [process.execPath, ...entryPoint('batch/worker')],
    environment: { ...environment, FASTPATH_CACHE: cacheDirectory() },
    // A search uses every processor it gets: two of them would only slow each other down.
    concurrency: Math.max(1, Math.floor(availableParallelism() / 8)),
    graceMs: 20_000,
    clock: systemClock,
    onEvent,
  });
}
