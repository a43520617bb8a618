/**
 * @file Makes right what events did not: asks queue and store about unfinished searches, and about nothing else. What
 * was lost on the way is found within one period.
 */
import { count, isNull } from 'drizzle-orm';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { type JobDescription, type JobQueue, parentOf } from '../../../shared/queue/job-queue.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { applyJob, childOf } from './apply-job.ts';
import { endIdleWarmUp, pursueCancel } from './cancel.ts';
import { changeSearch, lockSearch } from './change.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { lastRecords, phaseOf } from './last-words.ts';
import { submitSearch } from './submit.ts';
import { submitArray } from './submit-order.ts';

const describedAtOnce = 100;
/** A queue may need a while until it knows a job that it has taken, and keeps ended ones for days. */
const forgottenAfterMs = 3600_000;

export interface Reconciled {
  /** searches that have not ended: with none there is no need to come again */
  unfinished: number;
  /** what went wrong with single searches; they are tried again */
  failures: unknown[];
}

/** @throws FastpathError `database.unavailable` */
export async function reconcile(deps: SearchDeps): Promise<Reconciled> {
  const open = await deps.db.select().from(searches).where(isNull(searches.endedAt)).orderBy(searches.createdAt);
  const failures: unknown[] = [];
  const attempt = async (work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
    }
  };
  const withJob = open.filter((search) => search.jobId !== null);
  const arrays = new Set<string>();
  for (const search of open) {
    if (search.jobId !== null) continue;
    if (search.cancelRequestedAt !== null) await attempt(() => pursueCancel(deps, search));
    else if (search.arrayIndex === null) await attempt(() => submitSearch(deps, search.id));
    else arrays.add(search.orderId);
  }
  // Behind the warm-ups that they wait for.
  for (const orderId of arrays) await attempt(() => submitArray(deps, orderId, false));
  for (let i = 0; i < withJob.length; i += describedAtOnce) {
    const some = withJob.slice(i, i + describedAtOnce);
    await attempt(async () => {
      const jobs = await describeJobs(deps.queue, some);
      for (const search of some) await attempt(() => follow(deps, search, jobs.get(search.jobId!)));
    });
  }
  // Behind what the jobs themselves say: one that failed is not to count as cancelled.
  for (const search of open) {
    if (search.kind === 'warm-up') await attempt(() => endIdleWarmUp(deps, search.orderId));
  }
  // `$count` knows only drivers whose rows are objects.
  const [left] = await deps.db.select({ unfinished: count() }).from(searches).where(isNull(searches.endedAt));
  return { ...left!, failures };
}

/** What the queue knows of them, by id; of a child that it does not know, what it says of the parent. */
async function describeJobs(queue: JobQueue, some: readonly SearchRow[]): Promise<Map<string, JobDescription>> {
  const jobs = new Map((await queue.describe(some.map(({ jobId }) => jobId!))).map((job) => [job.id, job]));
  const unknown = some.filter(({ jobId, arrayIndex }) => arrayIndex !== null && !jobs.has(jobId!));
  const parents = await queue.describe([...new Set(unknown.map(({ jobId }) => parentOf(jobId!)))]);
  const byId = new Map(parents.map((parent) => [parent.id, parent]));
  for (const { jobId, arrayIndex } of unknown) {
    const parent = byId.get(parentOf(jobId!));
    if (parent !== undefined) jobs.set(jobId!, childOf(parent, arrayIndex!));
  }
  return jobs;
}

async function follow(deps: SearchDeps, search: SearchRow, job: JobDescription | undefined): Promise<void> {
  if (search.cancelRequestedAt !== null) await pursueCancel(deps, search);
  if (job !== undefined) {
    await applyJob(deps, job);
    await notePhase(deps, search.id);
    return;
  }
  const since = (search.startedAt ?? search.createdAt).getTime();
  if (deps.clock.now().getTime() - since < forgottenAfterMs) return;
  const isChild = search.arrayIndex !== null;
  const gone = {
    id: search.jobId!,
    name: isChild ? search.orderId : search.id,
    ...(isChild ? { arrayIndex: search.arrayIndex! } : {}),
    attempts: [],
    createdAt: search.createdAt,
  };
  await applyJob(deps, { ...gone, status: 'failed', reason: 'the queue does not know the job any more' });
}

/** The queue knows that a job runs; what it does the worker tells. */
async function notePhase(deps: SearchDeps, searchId: string): Promise<void> {
  const search = await deps.db.query.searches.findFirst({ where: (row, { eq }) => eq(row.id, searchId) });
  if (search?.state !== 'submitted' && search?.state !== 'searching') return;
  const phase = phaseOf(await lastRecords(deps.store, searchPrefixOf(search.tenantId, searchId)));
  if (phase === null || phase === search.state) return;
  await transact(deps.db, async (tx) => {
    const row = await lockSearch(tx, searchId);
    if (row !== undefined) await changeSearch({ ...deps, tx }, row, { type: 'phase', phase });
  });
}
