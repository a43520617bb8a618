/** @file Runs jobs in worker processes, one a core. A job that its folder holds as finished is not run again. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import type { z } from 'zod';
import { ProgressReader } from '../../functions/local/follow.ts';
import { searchPrefix } from '../../functions/local/home.ts';
import { interruptedExitCode, onStopSignal } from '../../functions/local/signals.ts';
import { type RunningWorker, workerStarter } from '../../functions/local/worker-process.ts';
import { type SpecFile, specFile } from '../../functions/service/search-spec/spec-file.ts';
import { type Architecture, architectureSchema } from '../../shared/contract/architecture.ts';
import type { JobSpec, WarmUpSpec } from '../../shared/contract/job-spec.ts';
import { type Metrics, metricsSchema } from '../../shared/contract/result.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';

const startWorker = workerStarter({ args: [resolve(import.meta.dirname, '../../.dist/batch/worker.js')] });

const keepSecondsEveryMs = 5000;

export interface JobResult {
  metrics: Metrics;
  architecture: Architecture;
  /** wall time of its worker processes, attempts of earlier benchmark runs included */
  seconds: number;
  /** largest memory of its processes, as its progress tells */
  rssBytes: number;
}

export class Workers {
  private readonly store: DirectoryStore;
  private readonly waiting: (() => void)[] = [];
  private readonly running = new Set<RunningWorker>();
  private free = availableParallelism();
  private asked = 0;
  private finished = 0;
  private stopping = false;

  /** @param work the folder that keeps the jobs */
  constructor(private readonly work: string) {
    this.store = new DirectoryStore(work);
    // The workers are no part of the terminal's process group: they save when they are told to.
    onStopSignal((times) => {
      if (times > 1 || this.running.size === 0) process.exit(interruptedExitCode);
      console.error('stopping: the workers save; with --work the same command goes on from there');
      this.stop();
    });
  }

  /** @throws Error with the worker's own line where the job failed; the other jobs are stopped then */
  async run(name: string, spec: Exclude<JobSpec, WarmUpSpec>): Promise<JobResult> {
    const prefix = await this.finish(name, spec, 'metrics.json');
    return this.result(prefix);
  }

  /** Wall time of a warm-up, which leaves weights and nothing else. @throws as `run` does */
  async warmUp(name: string, spec: WarmUpSpec): Promise<number> {
    return this.seconds(await this.finish(name, spec, 'warm-up.json'));
  }

  /** What a finished job left beside the usual. @throws Error where it is missing */
  read<Schema extends z.ZodType>(spec: JobSpec, name: string, schema: Schema): Promise<z.infer<Schema>> {
    return this.json(`${searchPrefix(specFile(spec).id)}/result/${name}`, schema);
  }

  /** Does `work` when a processor is free for it, and holds that one meanwhile. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.free--;
    try {
      if (this.stopping) throw new Error('stopped');
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
    }
  }

  /** @param lastFile of its results; where it is there the job is over */
  private async finish(name: string, spec: JobSpec, lastFile: string): Promise<string> {
    this.asked++;
    const file = specFile(spec);
    const prefix = searchPrefix(file.id);
    await this.inTurn(async () => {
      try {
        if ((await this.store.get(`${prefix}/result/${lastFile}`)) === null) await this.attempt(name, file, prefix);
        this.finished++;
        const seconds = (await this.seconds(prefix)).toFixed(0);
        console.error(`${this.finished} of ${this.asked} jobs: ${name}, ${seconds} s`);
      } catch (error) {
        this.stop();
        throw error;
      }
    });
    return prefix;
  }

  private stop(): void {
    this.stopping = true;
    for (const worker of this.running) worker.stop();
  }

  private async attempt(name: string, { bytes, sha256 }: SpecFile, prefix: string): Promise<void> {
    if (this.stopping) throw new Error(`${name} was not begun`);
    await this.store.put(`${prefix}/spec.json`, bytes);
    const attempt = 1 + (await this.attempts(prefix)).length;
    const folder = `${prefix}/attempts/${attempt}`;
    const log = join(this.work, folder, 'log');
    const reader = new ProgressReader(this.store, prefix);
    await reader.poll();
    const begun = performance.now();
    const worker = await startWorker({
      store: this.work,
      search: prefix,
      specSha256: sha256,
      attempt,
      log,
      threads: 1,
    });
    this.running.add(worker);
    const keepSeconds = () =>
      this.store.put(`${folder}/seconds`, Buffer.from(String((performance.now() - begun) / 1000)));
    // Should this process be killed, what the attempt took is known all the same.
    const keeping = setInterval(() => keepSeconds().catch(() => undefined), keepSecondsEveryMs);
    await worker.exited;
    clearInterval(keeping);
    this.running.delete(worker);
    await keepSeconds();
    const last = (await reader.poll()).at(-1);
    if (last?.type === 'done') return;
    const reason = last?.type === 'error' ? last.message : last?.type === 'stopped' ? 'stopped' : `see ${log}`;
    throw new Error(`${name}: ${reason}`);
  }

  /** Keys of the files `claim`, one an attempt. */
  private async attempts(prefix: string): Promise<string[]> {
    const claims: string[] = [];
    for await (const { key } of this.store.list(`${prefix}/attempts/`)) if (key.endsWith('/claim')) claims.push(key);
    return claims;
  }

  private async result(prefix: string): Promise<JobResult> {
    return {
      metrics: await this.json(`${prefix}/result/metrics.json`, metricsSchema),
      architecture: await this.json(`${prefix}/result/architecture.json`, architectureSchema),
      seconds: await this.seconds(prefix),
      rssBytes: await this.rssBytes(prefix),
    };
  }

  private async rssBytes(prefix: string): Promise<number> {
    const records = await new ProgressReader(this.store, prefix).poll();
    return records.reduce((most, record) => (record.type === 'step' ? Math.max(most, record.rssBytes) : most), 0);
  }

  /** Of all attempts. */
  private async seconds(prefix: string): Promise<number> {
    let seconds = 0;
    for (const claim of await this.attempts(prefix)) {
      const kept = await this.store.get(claim.replace(/claim$/, 'seconds'));
      if (kept !== null) seconds += Number(Buffer.from(kept.bytes).toString());
    }
    return seconds;
  }

  private async json<Schema extends z.ZodType>(key: string, schema: Schema): Promise<z.infer<Schema>> {
    const object = await this.store.get(key);
    if (object === null)
      throw new Error(`${join(this.work, key)} is missing: remove the folder around it to run it again`);
    return schema.parse(JSON.parse(Buffer.from(object.bytes).toString()));
  }
}
