/** @file One job in a store of its own, worked on by one real worker process after another. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { specFile } from '../../functions/service/search-spec/spec-file.ts';
import type { JobSpec } from '../../shared/contract/job-spec.ts';
import { type ProgressRecord, progressRecordSchema, type StepRecord } from '../../shared/contract/progress.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';

export const worker = join(import.meta.dirname, '../../.dist/batch/worker.js');
export const prefix = 'tenants/local/searches/job';

/** What an attempt came to. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** all it printed but the line about its machine that every attempt starts with */
  printed: string;
}

export interface Attempt {
  process: ChildProcess;
  ended: Promise<Ended>;
}

export class WorkerRun {
  readonly folder: string;
  readonly store: DirectoryStore;
  private attempts = 0;

  private constructor(
    root: string,
    readonly specSha256: string,
  ) {
    this.store = new DirectoryStore(root);
    this.folder = join(root, prefix);
  }

  /** A new store under `root` that holds the spec. */
  static async create(root: string, spec: JobSpec): Promise<WorkerRun> {
    const { bytes, sha256 } = specFile(spec);
    const run = new WorkerRun(root, sha256);
    await run.store.put(`${prefix}/spec.json`, bytes);
    return run;
  }

  /** Starts the next attempt. @param environment added to the worker's @param command the worker, from elsewhere or in something */
  start(checkpointMs: number, environment: NodeJS.ProcessEnv = {}, command = [process.execPath, worker]): Attempt {
    const child = spawn(command[0]!, command.slice(1), {
      env: {
        ...process.env,
        FASTPATH_STORE: this.store.uri,
        FASTPATH_SEARCH: prefix,
        FASTPATH_SPEC_SHA256: this.specSha256,
        FASTPATH_ATTEMPT: String(++this.attempts),
        FASTPATH_BACKEND: 'wasm',
        FASTPATH_CHECKPOINT_MS: String(checkpointMs),
        FASTPATH_CACHE: join(this.store.uri, '..', 'cache'),
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, printed: printed.replace(/^Backend: .*\n/, '') }));
    });
    return { process: child, ended };
  }

  /** Records by segment; each attempt that wrote any began a segment of its own. */
  async segments(): Promise<ProgressRecord[][]> {
    const names = await readdir(join(this.folder, 'progress')).catch(() => []);
    const texts = await Promise.all(names.sort().map((name) => readFile(join(this.folder, 'progress', name), 'utf8')));
    return texts.map((text) =>
      text
        .split('\n')
        .slice(0, -1)
        .map((line) => progressRecordSchema.parse(JSON.parse(line))),
    );
  }

  async steps(): Promise<StepRecord[]> {
    return (await this.segments()).flat().filter((record) => record.type === 'step');
  }

  /** The files under `result/`, by name. */
  async result(): Promise<Map<string, Buffer>> {
    const folder = join(this.folder, 'result');
    const names = (await readdir(folder)).sort();
    return new Map(
      await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as [string, Buffer])),
    );
  }

  /** Step of the checkpoint that the next attempt will load. */
  async checkpointStep(): Promise<number> {
    const pointer = JSON.parse(await readFile(join(this.folder, 'checkpoints/latest.json'), 'utf8'));
    return pointer.checkpoints[0].step;
  }
}

/**
 * The SHA-256 of each file that equal seeds make equal, which what it took is not: a difference is then told in one line,
 * not in a megabyte.
 */
export function hashes(files: ReadonlyMap<string, Uint8Array>): Record<string, string> {
  const made = [...files].filter(([name]) => name !== 'cost.json');
  return Object.fromEntries(made.map(([name, bytes]) => [name, createHash('sha256').update(bytes).digest('hex')]));
}

/** What a step computed, without how fast and in how much memory: equal for equal seeds, bit for bit. */
export function computed(record: StepRecord): Partial<StepRecord> {
  const { imagesPerSecond, secondsLeft, tensorBytes, rssBytes, ...rest } = record;
  return rest;
}

/** Waits until `condition` holds, looking every few milliseconds. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
  const end = Date.now() + timeoutMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`nothing happened within ${timeoutMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
