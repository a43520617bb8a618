/**
 * @file Makes right what events did not: asks queue and store about unfinished searches, and about nothing else. What
 * was lost on the way is found within one period.
 */
import { count, isNull } from 'drizzle-orm';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import type { JobDescription } from '../../../shared/queue/job-queue.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { applyJob } from './apply-job.ts';
import { pursueCancel } from './cancel.ts';
import { changeSearch, lockSearch } from './change.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { lastRecords, phaseOf } from './last-words.ts';
import { submitSearch } from './submit.ts';

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
  for (const search of open) {
    if (search.jobId === null) await attempt(() => startOrEnd(deps, search));
  }
  for (let i = 0; i < withJob.length; i += describedAtOnce) {
    const some = withJob.slice(i, i + describedAtOnce);
    await attempt(async () => {
      const jobs = await deps.queue.describe(some.map(({ jobId }) => jobId!));
      const byId = new Map(jobs.map((job) => [job.id, job]));
      for (const search of some) await attempt(() => follow(deps, search, byId.get(search.jobId!)));
    });
  }
  // `$count` knows only drivers whose rows are objects.
  const [left] = await deps.db.select({ unfinished: count() }).from(searches).where(isNull(searches.endedAt));
  return { ...left!, failures };
}

async function startOrEnd(deps: SearchDeps, search: SearchRow): Promise<void> {
  if (search.cancelRequestedAt === null) await submitSearch(deps, search.id);
  else await pursueCancel(deps, search);
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
  const gone = { id: search.jobId!, name: search.id, attempts: [], createdAt: search.createdAt };
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
