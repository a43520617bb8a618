/**
 * @file Hands a search to the queue, at least once: the queue knows no idempotency, so a submission whose answer was
 * lost is looked for by its name, and sent again where it is not found. Should both arrive, the claim in the store lets
 * one of the jobs execute; the other ends by itself.
 */
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { JobQueue, JobRequest } from '../../../shared/queue/job-queue.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { changeSearch, lockSearch } from './change.ts';
import { attemptSeconds, computeSeconds } from './cost-limit.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { giveUpLease, takeLease } from './lease.ts';
import { withdraw } from './withdraw.ts';

/** A machine may be lost twice. */
const jobAttempts = 3;

/**
 * - `submitted`: the queue holds its job
 * - `not-mine`: somebody else submits it, or it is past that
 * - `unknown`: the queue did not answer; the reconciler finds out
 * - `refused`: the queue does not take it, and the search has failed
 */
export type Submission = 'submitted' | 'not-mine' | 'unknown' | 'refused';

/** The search's spec is in the store already. @throws FastpathError `database.unavailable` */
export async function submitSearch(deps: SearchDeps, searchId: string): Promise<Submission> {
  const lease = await takeLease(deps, searchId);
  if (lease === null) return 'not-mine';
  const { search } = lease;
  if (search.cancelRequestedAt !== null) {
    await withdraw(deps, searchId, undefined);
    return 'not-mine';
  }
  let jobId: string;
  try {
    const earlier = lease.triedBefore ? await findJob(deps.queue, searchId) : null;
    jobId = earlier ?? (await deps.queue.submit(jobRequest(deps, search))).id;
  } catch (error) {
    if (!(error instanceof FastpathError)) throw error;
    if (error.retry) {
      await giveUpLease(deps, lease);
      return 'unknown';
    }
    await withdraw(deps, searchId, { code: error.code, message: error.message });
    return 'refused';
  }
  const before = await transact(deps.db, async (tx) => {
    const row = await lockSearch(tx, searchId);
    if (row !== undefined) await changeSearch({ ...deps, tx }, row, { type: 'submitted', jobId });
    return row?.state ?? 'cancelled';
  });
  // Cancelled meanwhile: the claim is closed, and the job would only start to find that out.
  if (isTerminal(before)) await deps.queue.terminate(jobId, 'cancelled by the customer');
  return 'submitted';
}

/** The job of an earlier submission, the oldest of several. */
async function findJob(queue: JobQueue, name: string): Promise<string | null> {
  let oldest: { id: string; createdAt: Date } | null = null;
  for await (const job of queue.list({ namePrefix: name })) {
    if (job.name === name && (oldest === null || job.createdAt < oldest.createdAt)) oldest = job;
  }
  return oldest?.id ?? null;
}

export function jobRequest({ store, machine }: Pick<SearchDeps, 'store' | 'machine'>, search: SearchRow): JobRequest {
  const limitSeconds = computeSeconds(machine, search.maxCostMicroUsd);
  return {
    name: search.id,
    environment: {
      FASTPATH_STORE: store.uri,
      FASTPATH_SEARCH: searchPrefixOf(search.tenantId, search.id),
      FASTPATH_SPEC_SHA256: search.specSha256,
      ...(limitSeconds === null ? {} : { FASTPATH_COMPUTE_SECONDS: String(limitSeconds) }),
    },
    attempts: jobAttempts,
    timeoutSeconds: Math.max(60, attemptSeconds(limitSeconds)),
    tags: { tenant: search.tenantId, order: search.orderId },
    share: search.tenantId.replaceAll('_', ''),
  };
}
