/** @file The jobs of the proof: each runs once however many stages ask for it, and its time is taken off what is left. */
import { specFile } from '../../../functions/service/search-spec/spec-file.ts';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { JobSpec, WarmUpSpec } from '../../../shared/contract/job-spec.ts';
import type { TimeLeft } from '../imagenette/time-left.ts';
import type { JobResult, Workers } from '../search-worker.ts';
import { trainingBase } from './forms.ts';
import type { Plan } from './plan.ts';
import { trainSpec } from './specs.ts';

export class Jobs {
  private readonly begun = new Map<string, Promise<JobResult>>();

  constructor(
    readonly workers: Workers,
    private readonly plan: Plan,
    private readonly left: TimeLeft,
  ) {}

  /** @param plannedSeconds that the time left counts with; none for prunings, which may not be needed */
  run(name: string, spec: Exclude<JobSpec, WarmUpSpec>, plannedSeconds = 0): Promise<JobResult> {
    const { id } = specFile(spec);
    const known = this.begun.get(id);
    if (known !== undefined) return known;
    const job = this.left.without(plannedSeconds, this.workers.run(name, spec));
    this.begun.set(id, job);
    return job;
  }

  warmUp(name: string, spec: WarmUpSpec, plannedSeconds: number): Promise<number> {
    return this.left.without(plannedSeconds, this.workers.warmUp(name, spec));
  }

  /** From scratch, as long as every other network. */
  train(name: string, data: string, architecture: Architecture, seed: number): Promise<JobResult> {
    const { trainingEpochs, trainingSeconds } = this.plan;
    const spec = trainSpec(data, architecture, seed, { ...trainingBase, epochs: trainingEpochs });
    return this.run(`${name}, seed ${seed}`, spec, trainingSeconds);
  }
}

/** When one fails the others are stopped; they save before this throws. */
export async function all<T>(jobs: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(jobs);
  return Promise.all(jobs);
}
