/**
 * @file Hands a search to the queue, at least once: the queue knows no idempotency, so a submission whose answer was
 * lost is looked for by its name, and sent again where it is not found. Should both arrive, the claim in the store lets
 * one of the jobs execute; the other ends by itself.
 */
import { eq } from 'drizzle-orm';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { type JobQueue, type JobRequest, mostAttempts } from '../../../shared/queue/job-queue.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { changeSearch, lockSearch } from './change.ts';
import { attemptSeconds, computeSeconds } from './cost-limit.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { giveUpLease, type Lease, takeLease } from './lease.ts';
import { withdraw } from './withdraw.ts';

/**
 * - `submitted`: the queue holds its job, and no other
 * - `resubmitted`: the queue holds its job; of an earlier submission there may be another one
 * - `not-mine`: somebody else submits it, or it is past that
 * - `unknown`: the queue did not answer; the reconciler finds out
 * - `refused`: the queue does not take it, and the search has failed
 */
export type Submission = 'submitted' | 'resubmitted' | 'not-mine' | 'unknown' | 'refused';

/** A search with a job of its own; its spec is in the store already. @throws FastpathError `database.unavailable` */
export async function submitSearch(deps: SearchDeps, searchId: string): Promise<Submission> {
  const lease = await takeLease(deps, eq(searches.id, searchId));
  if (lease === null) return 'not-mine';
  const search = lease.searches[0]!;
  if (search.cancelRequestedAt !== null) {
    await withdraw(deps, searchId, undefined);
    return 'not-mine';
  }
  return submitJob(deps, lease, jobRequest(deps, search), (jobId) => jobId);
}

/**
 * Submits the job of a lease's searches, or finds it.
 * @param jobIdOf from the submitted job's id to that of the job which executes the search
 * @throws FastpathError `database.unavailable`
 */
export async function submitJob(
  deps: SearchDeps,
  lease: Lease,
  request: JobRequest,
  jobIdOf: (submittedId: string, search: SearchRow) => string,
): Promise<Submission> {
  let submittedId: string;
  try {
    const earlier = lease.triedBefore ? await findJob(deps.queue, request.name) : null;
    submittedId = earlier ?? (await deps.queue.submit(request)).id;
  } catch (error) {
    if (!(error instanceof FastpathError)) throw error;
    if (error.retry) {
      await giveUpLease(deps, lease);
      return 'unknown';
    }
    for (const { id } of lease.searches) await withdraw(deps, id, { code: error.code, message: error.message });
    return 'refused';
  }
  for (const search of lease.searches) await noteSubmitted(deps, search.id, jobIdOf(submittedId, search));
  return lease.triedBefore ? 'resubmitted' : 'submitted';
}

async function noteSubmitted(deps: SearchDeps, searchId: string, jobId: string): Promise<void> {
  const before = await transact(deps.db, async (tx) => {
    const row = await lockSearch(tx, searchId);
    if (row !== undefined) await changeSearch({ ...deps, tx }, row, { type: 'submitted', jobId });
    return row?.state ?? 'cancelled';
  });
  // Cancelled meanwhile: the claim is closed, and the job would only start to find that out.
  if (isTerminal(before)) await deps.queue.terminate(jobId, 'cancelled by the customer');
}

/** The job of an earlier submission, the oldest of several. */
async function findJob(queue: JobQueue, name: string): Promise<string | null> {
  let oldest: { id: string; createdAt: Date } | null = null;
  for await (const job of queue.list({ namePrefix: name })) {
    if (job.name === name && (oldest === null || job.createdAt < oldest.createdAt)) oldest = job;
  }
  return oldest?.id ?? null;
}

export function jobRequest(deps: Pick<SearchDeps, 'store' | 'machine'>, search: SearchRow): JobRequest {
  return {
    ...requestFor(deps, search, {
      FASTPATH_SEARCH: searchPrefixOf(search.tenantId, search.id),
      FASTPATH_SPEC_SHA256: search.specSha256,
    }),
    name: search.id,
  };
}

/** What the jobs of a search and of an array of searches like it have in common. */
export function requestFor(
  { store, machine }: Pick<SearchDeps, 'store' | 'machine'>,
  { orderId, tenantId, maxCostMicroUsd }: SearchRow,
  environment: Record<string, string>,
): Omit<JobRequest, 'name'> {
  const limitSeconds = computeSeconds(machine, maxCostMicroUsd);
  return {
    environment: {
      FASTPATH_STORE: store.uri,
      ...environment,
      ...(limitSeconds === null ? {} : { FASTPATH_COMPUTE_SECONDS: String(limitSeconds) }),
    },
    // Spot machines are lost as often as the market wants them; what it may cost is limited otherwise.
    attempts: mostAttempts,
    timeoutSeconds: Math.max(60, attemptSeconds(limitSeconds)),
    tags: { tenant: tenantId, order: orderId },
    share: tenantId.replaceAll('_', ''),
  };
}
