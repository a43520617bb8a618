/**
 * @file Runs one job on this machine: writes its spec, starts the worker, shows its progress, saves its results. The
 * same job again goes on where it stopped; a finished one is delivered at once.
 */
import { join } from 'node:path';
import type { JobSpec } from '../../shared/contract/job-spec.ts';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { openStore } from '../../shared/store/open.ts';
import { type SpecFile, specFile } from '../service/search-spec/spec-file.ts';
import { type Console, writeJson, writeLine } from './console.ts';
import { Display } from './display.ts';
import { ProgressReader } from './follow.ts';
import { homeDirectory, searchPrefix } from './home.ts';
import { SearchLock } from './lock.ts';
import { claimOutFolder, type SavedResult, saveResult } from './out-folder.ts';
import { interruptedExitCode, onStopSignal } from './signals.ts';
import { printSummary } from './summary.ts';
import type { RunningWorker, StartWorker, WorkerExit } from './worker-process.ts';

const pollMs = 200;
/** The worker promises to save within 10 s; this leaves some for a busy machine. */
const patienceMs = 20_000;

export interface RunOptions {
  out: string | undefined;
  json: boolean;
  startWorker: StartWorker;
  console: Console;
}

/**
 * The exit code: 0 with results saved and reported, 130 when stopped by a signal.
 * @throws FastpathError as `deliverJob` does
 */
export async function runJob(job: JobSpec, options: RunOptions): Promise<number> {
  const saved = await deliverJob(job, options);
  if (saved === null) return interruptedExitCode;
  if (options.json) writeJson(options.console, { type: 'result', ...saved });
  else await printSummary(saved, options.console);
  return 0;
}

/**
 * The results, saved; null when stopped by a signal.
 * @throws FastpathError with the worker's own code and line where it failed, `worker.died` where it fell silent, and
 * all that can be wrong before it starts
 */
export async function deliverJob(job: JobSpec, options: RunOptions): Promise<SavedResult | null> {
  const home = homeDirectory();
  const spec = specFile(job);
  const out = options.out ?? join('fastpath-results', spec.id);
  await claimOutFolder(out, spec.id);
  const lock = await SearchLock.take(join(home, searchPrefix(spec.id)));
  try {
    const store = await openStore(home);
    await writeSpec(store, spec);
    if (!(await isFinished(store, spec)) && !(await work(store, home, spec, lock, options))) return null;
    return await saveResult(store, spec, out);
  } finally {
    await lock.release();
  }
}

async function writeSpec(store: ObjectStore, spec: SpecFile): Promise<void> {
  const key = `${searchPrefix(spec.id)}/spec.json`;
  const held = await store.get(key);
  if (held === null) await store.put(key, spec.bytes, { ifNoneMatch: '*' });
  else if (Buffer.compare(held.bytes, spec.bytes) !== 0) {
    const message = `${join(store.uri, key)} was changed by another program: remove the folder around it to start anew`;
    throw new FastpathError('spec.changed', message);
  }
}

async function isFinished(store: ObjectStore, spec: SpecFile): Promise<boolean> {
  return (await store.get(`${searchPrefix(spec.id)}/result/metrics.json`)) !== null;
}

/** @returns false when stopped by a signal */
async function work(store: ObjectStore, home: string, spec: SpecFile, lock: SearchLock, options: RunOptions) {
  const { console, json } = options;
  const prefix = searchPrefix(spec.id);
  const reader = new ProgressReader(store, prefix);
  const earlier = (await reader.poll()).filter(({ type }) => type === 'step').at(-1);
  const display = new Display(console.err);
  if (!json) {
    const from = earlier === undefined ? '' : ` (goes on; it had reached step ${earlier.step})`;
    writeLine(console.err, `job ${spec.id}${from}`);
  }
  const attempt = 1 + (await latestAttempt(store, prefix));
  const log = join(home, prefix, 'attempts', String(attempt), 'log');
  let worker: RunningWorker | null = null;
  const signals = onStopSignal((times) => {
    if (!json && times === 1) display.say('stopping: the worker saves its state …');
    if (times === 1) worker?.stop();
    else worker?.kill();
    if (times === 1) setTimeout(() => worker?.kill(), patienceMs).unref();
  });
  try {
    worker = await options.startWorker({ store: home, search: prefix, specSha256: spec.sha256, attempt, log });
    await lock.addWorker(worker.pid);
    if (signals.received()) worker.stop();
    const { exit, ending } = await follow(reader, worker, (record) => {
      if (json) writeJson(console, record);
      else display.show(record);
    });
    display.clear();
    if (reader.unreadableLines > 0) {
      writeLine(console.err, `warning: ${reader.unreadableLines} lines of progress could not be read`);
    }
    if (await isFinished(store, spec)) return true;
    if (ending?.type === 'error') throw new FastpathError(ending.code, ending.message, { retry: ending.retry });
    if (signals.received() || (exit.code === 0 && ending?.type === 'stopped')) {
      writeLine(console.err, 'stopped: the same command goes on from here');
      return false;
    }
    const how = exit.signal === null ? `exit code ${exit.code}` : exit.signal;
    const message = `the worker ended without a word (${how}; its output is in ${log}): the same command goes on from its last checkpoint`;
    throw new FastpathError('worker.died', message, { retry: true });
  } finally {
    signals.release();
    display.clear();
  }
}

/** Hands on records until the worker has exited and all it wrote is read; also its last word of this run, if any. */
async function follow(reader: ProgressReader, worker: RunningWorker, onRecord: (record: ProgressRecord) => void) {
  let exit: WorkerExit | null = null;
  let ending: ProgressRecord | null = null;
  const exited = worker.exited.then((value) => {
    exit = value;
  });
  for (;;) {
    // Read once more after the exit was seen: the last records come just before it.
    const last = exit as WorkerExit | null;
    for (const record of await reader.poll()) {
      onRecord(record);
      ending = record.type === 'step' || record.type === 'note' ? null : record;
    }
    if (last !== null) return { exit: last, ending };
    await Promise.race([exited, new Promise((resolve) => setTimeout(resolve, pollMs))]);
  }
}

async function latestAttempt(store: ObjectStore, prefix: string): Promise<number> {
  let latest = 0;
  for await (const { key } of store.list(`${prefix}/attempts/`)) {
    latest = Math.max(latest, Number(key.slice(prefix.length).split('/')[2]) || 0);
  }
  return latest;
}
