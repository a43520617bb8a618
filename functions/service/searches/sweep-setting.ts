/** @file What tests of sweeps look at: rows, jobs in the queue, and what is left of the credit. */
import { eq } from 'drizzle-orm';
import { creditBalances, searches } from '../../../shared/db/schema/index.ts';
import { childId, hasEnded, type JobDescription } from '../../../shared/queue/job-queue.ts';
import type { SearchState } from '../../../shared/search-state/search-state.ts';
import type { SearchRow } from './deps.ts';
import { openSetting, type Setting } from './test-setting.ts';

export interface SweepSetting extends Setting {
  rowOf(id: string): Promise<SearchRow>;
  statesOf(ids: readonly string[]): Promise<SearchState[]>;
  /** all jobs of those names: children of arrays, not their parents */
  jobsOf(names: readonly (string | null)[]): Promise<JobDescription[]>;
  /** until they, their children and, a little later, their parents have ended */
  jobsEnded(...names: (string | null)[]): Promise<void>;
  availableMicroUsd(): Promise<number>;
}

export async function openSweeps(): Promise<SweepSetting> {
  const setting = await openSetting();
  const { db, queue, tenantId } = setting;
  const rowOf = async (id: string) => (await db.select().from(searches).where(eq(searches.id, id)))[0]!;
  const listed = async (names: readonly (string | null)[]) => {
    const jobs: JobDescription[] = [];
    for (const name of names) {
      if (name === null) continue;
      for await (const job of queue.list({ namePrefix: name })) jobs.push(job);
    }
    return jobs;
  };
  const withoutParents = async (jobs: readonly JobDescription[]) =>
    (
      await Promise.all(
        jobs.map((job) =>
          job.arraySize === undefined
            ? [job]
            : queue.describe(Array.from({ length: job.arraySize }, (_, i) => childId(job.id, i))),
        ),
      )
    ).flat();
  return {
    ...setting,
    rowOf,
    statesOf: async (ids) => (await Promise.all(ids.map(rowOf))).map(({ state }) => state),
    jobsOf: async (names) => withoutParents(await listed(names)),
    jobsEnded: (...names) =>
      until(async () => {
        const jobs = await listed(names);
        const all = [...jobs, ...(await withoutParents(jobs))];
        return jobs.length > 0 && all.every(({ status }) => hasEnded(status));
      }),
    availableMicroUsd: async () => {
      const [row] = await db.select().from(creditBalances).where(eq(creditBalances.tenantId, tenantId));
      return row!.availableMicroUsd;
    },
  };
}

export async function until(holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 50_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error('it did not come to that');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
