/**
 * @file Job events of the queue in this process. One search's events are applied one after another; what fails is left
 * to the reconciler, which looks at the queue itself.
 */
import type { JobEvent } from '../../shared/queue/job-queue.ts';
import { applyJob } from '../service/searches/apply-job.ts';
import type { SearchDeps } from '../service/searches/deps.ts';

export interface JobEvents {
  /** Takes an event and returns at once: what a queue calls. */
  onEvent(event: JobEvent): void;
  /** Resolves when all events taken so far are applied. */
  idle(): Promise<void>;
}

/** @param onFailure told of an event that could not be applied */
export function jobEvents(deps: SearchDeps, onFailure: (error: unknown) => void): JobEvents {
  const running = new Map<string, Promise<void>>();
  return {
    onEvent({ job }) {
      const name = `${job.name}:${job.arrayIndex ?? ''}`;
      const work = (running.get(name) ?? Promise.resolve())
        .then(() => applyJob(deps, job))
        .catch(onFailure)
        .finally(() => {
          if (running.get(name) === work) running.delete(name);
        });
      running.set(name, work);
    },
    idle: async () => {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
