/** @file The worker: runs one job that its environment names, and trusts nothing else. Can be killed at any instant. */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type JobSpec, jobSpecSchema } from '../shared/contract/job-spec.ts';
import { FastpathError } from '../shared/errors.ts';
import { tryAgainExitCode } from '../shared/queue/job-queue.ts';
import type { ObjectStore } from '../shared/store/object-store.ts';
import { openStore } from '../shared/store/open.ts';
import { selectBackend } from './backend/select.ts';
import { claimAttempt } from './run/claim.ts';
import { computeLimit, noLimit } from './run/compute-limit.ts';
import type { JobContext } from './run/context.ts';
import { ProgressWriter } from './run/progress-writer.ts';
import { Stopped, stopOnSignals } from './run/stop.ts';
import { runSearch } from './search/search-job.ts';
import { runTrain } from './train/train-job.ts';

const environmentSchema = z.object({
  FASTPATH_STORE: z.string().min(1),
  FASTPATH_SEARCH: z.string().min(1),
  FASTPATH_SPEC_SHA256: z.string().regex(/^[0-9a-f]{64}$/),
  FASTPATH_ATTEMPT: z.coerce.number().int().positive().optional(),
  /** set by the queue, which then counts attempts itself */
  AWS_BATCH_JOB_ID: z.string().min(1).optional(),
  AWS_BATCH_JOB_ATTEMPT: z.coerce.number().int().positive().optional(),
  /** all attempts together; left out: as long as it takes */
  FASTPATH_COMPUTE_SECONDS: z.coerce.number().positive().optional(),
  FASTPATH_BACKEND: z.enum(['tensorflow', 'wasm', 'cpu']).optional(),
  FASTPATH_CHECKPOINT_MS: z.coerce.number().min(0).default(20_000),
  FASTPATH_CACHE: z.string().default(join(tmpdir(), 'fastpath-cache')),
});

type Environment = z.infer<typeof environmentSchema>;

async function main(): Promise<void> {
  const stop = stopOnSignals();
  const environment = environmentSchema.parse(process.env);
  const store = await openStore(environment.FASTPATH_STORE);
  const prefix = environment.FASTPATH_SEARCH;
  const progress = await ProgressWriter.open(store, prefix);
  try {
    const spec = await readSpec(store, environment);
    const attempt = attemptOf(environment);
    await claimAttempt(store, prefix, attempt, environment.AWS_BATCH_JOB_ID ?? null);
    const seconds = environment.FASTPATH_COMPUTE_SECONDS;
    const limit = seconds === undefined ? noLimit : await computeLimit(store, prefix, attempt, seconds);
    const { name, line } = await selectBackend(environment.FASTPATH_BACKEND);
    await progress.write({ type: 'note', step: 0, level: 'info', message: line });
    const context: JobContext = {
      store,
      prefix,
      specSha256: environment.FASTPATH_SPEC_SHA256,
      progress,
      stop,
      limit,
      checkpointEveryMs: environment.FASTPATH_CHECKPOINT_MS,
      cacheDirectory: environment.FASTPATH_CACHE,
      backend: name,
    };
    await (spec.format === 'fastpath.search-spec/1' ? runSearch(context, spec) : runTrain(context, spec));
    await progress.write({ type: 'done', step: progress.lastStep });
  } catch (error) {
    if (error instanceof Stopped) {
      await progress.write({ type: 'stopped', step: progress.lastStep });
      // A queue takes an exit code of 0 for success; another attempt goes on from the checkpoint.
      if (environment.AWS_BATCH_JOB_ID !== undefined) process.exitCode = tryAgainExitCode;
      return;
    }
    const known = error instanceof FastpathError ? error : unexpected(error);
    if (known.code === 'attempt.claimed') {
      // No record: the progress is that of the process that executes the attempt, and it may be well.
      console.error(known.message);
      process.exitCode = 1;
      return;
    }
    await progress.write({
      type: 'error',
      step: progress.lastStep,
      code: known.code,
      message: known.message,
      retry: known.retry,
    });
    if (!(error instanceof FastpathError)) console.error(error);
    process.exitCode = known.retry && environment.AWS_BATCH_JOB_ID !== undefined ? tryAgainExitCode : 1;
  }
}

async function readSpec(store: ObjectStore, environment: Environment): Promise<JobSpec> {
  const key = `${environment.FASTPATH_SEARCH}/spec.json`;
  const object = await store.get(key);
  if (!object) throw new FastpathError('spec.missing', `no job spec at ${key} in ${store.uri}`);
  const sha256 = createHash('sha256').update(object.bytes).digest('hex');
  if (sha256 !== environment.FASTPATH_SPEC_SHA256) {
    throw new FastpathError('spec.changed', `the job spec at ${key} is not the one this job was started for`);
  }
  return jobSpecSchema.parse(JSON.parse(Buffer.from(object.bytes).toString()));
}

function attemptOf({ AWS_BATCH_JOB_ATTEMPT, FASTPATH_ATTEMPT }: Environment): number {
  const attempt = AWS_BATCH_JOB_ATTEMPT ?? FASTPATH_ATTEMPT;
  if (attempt === undefined)
    throw new FastpathError('attempt.missing', 'FASTPATH_ATTEMPT says no attempt number: set it');
  return attempt;
}

function unexpected(error: unknown): FastpathError {
  const message = error instanceof Error ? error.message : String(error);
  return new FastpathError('worker.unexpected', `the worker failed unexpectedly: ${message}`, { cause: error });
}

await main();
