/** @file The worker: runs one job that its environment names, and trusts nothing else. Can be killed at any instant. */
import type { JobSpec } from '../shared/contract/job-spec.ts';
import { FastpathError } from '../shared/errors.ts';
import { tryAgainExitCode } from '../shared/queue/job-queue.ts';
import type { ObjectStore } from '../shared/store/object-store.ts';
import { openStore } from '../shared/store/open.ts';
import { selectBackend } from './backend/select.ts';
import { claimAttempt } from './run/claim.ts';
import { computeLimit } from './run/compute-limit.ts';
import type { JobContext } from './run/context.ts';
import { type Environment, readEnvironment } from './run/environment.ts';
import { healthLine, requireGpu } from './run/health.ts';
import { ProgressWriter } from './run/progress-writer.ts';
import { findSearch, type NamedSearch, readSpec } from './run/read-spec.ts';
import { Stopped, type StopSignal, stopOnSignals } from './run/stop.ts';
import { runPrune } from './search/prune-job.ts';
import { runSearch } from './search/search-job.ts';
import { runWarmUp } from './search/warm-up-job.ts';
import { runTrain } from './train/train-job.ts';

async function main(): Promise<void> {
  const stop = stopOnSignals();
  let inQueue = false;
  let progress: ProgressWriter | null = null;
  try {
    const environment = readEnvironment(process.env);
    inQueue = environment.jobId !== null;
    const location = environment.session === null ? {} : { session: environment.session };
    const store = await openStore(environment.store, location);
    const checkpoints = await openStore(environment.checkpoints, location);
    const search = await findSearch(store, environment.search);
    progress = await ProgressWriter.open(store, search.prefix);
    await work(environment, { store, checkpoints }, search, progress, stop);
  } catch (error) {
    if (error instanceof Stopped) {
      await progress?.write({ type: 'stopped', step: progress.lastStep, reason: 'signal' });
      // A queue takes an exit code of 0 for success; another attempt goes on from the checkpoint.
      if (inQueue) process.exitCode = tryAgainExitCode;
      return;
    }
    const known = error instanceof FastpathError ? error : unexpected(error);
    const { code, message, retry } = known;
    process.exitCode = retry && inQueue ? tryAgainExitCode : 1;
    if (known !== error) console.error(error);
    // No record of a claimed attempt: the progress is that of the process that executes it, and it may be well.
    if (progress === null || code === 'attempt.claimed') console.error(message);
    else await progress.write({ type: 'error', step: progress.lastStep, code, message, retry });
  }
}

/** @throws Stopped, FastpathError */
async function work(
  environment: Environment,
  { store, checkpoints }: { store: ObjectStore; checkpoints: ObjectStore },
  search: NamedSearch,
  progress: ProgressWriter,
  stop: StopSignal,
): Promise<void> {
  const { attempt, jobId, computeSeconds, backend, needsGpu, checkpointEveryMs, cacheDirectory, session } = environment;
  const { prefix, specSha256 } = search;
  const spec = await readSpec(store, search);
  await claimAttempt(store, prefix, attempt, jobId);
  const outOfCompute = () => progress.write({ type: 'stopped', step: progress.lastStep, reason: 'compute-limit' });
  const exit = () => void outOfCompute().finally(() => process.exit(1));
  const limit = await computeLimit(store, prefix, attempt, computeSeconds, exit);
  const selected = await selectBackend(backend);
  const health = await healthLine(selected);
  console.log(health);
  await progress.write({ type: 'note', step: 0, level: 'info', message: health });
  if (needsGpu) requireGpu(selected);
  const surroundings = { store, checkpoints, session, prefix, specSha256, progress, stop, limit };
  const context = {
    ...surroundings,
    checkpointEveryMs,
    cacheDirectory,
    backend: selected.name,
    imageAddon: selected.imageAddon,
  };
  if ((await run(context, spec)) === 'done') await progress.write({ type: 'done', step: progress.lastStep });
  else await outOfCompute();
}

function run(context: JobContext, spec: JobSpec): Promise<'done' | 'cut-short'> {
  switch (spec.format) {
    case 'fastpath.search-spec/1':
      return runSearch(context, spec);
    case 'fastpath.warm-up-spec/1':
      return runWarmUp(context, spec);
    case 'fastpath.prune-spec/1':
      return runPrune(context, spec);
    case 'fastpath.train-spec/1':
      return runTrain(context, spec);
  }
}

function unexpected(error: unknown): FastpathError {
  const message = error instanceof Error ? error.message : String(error);
  return new FastpathError('worker.unexpected', `the worker failed unexpectedly: ${message}`, { cause: error });
}

await main();
