/**
 * @file Claims: of all processes that were started for a search, by a submission that was sent twice or by a machine
 * that came back, one executes each attempt, and attempts of one job only.
 */
import { type Claim, claimOf } from '../../shared/contract/claim.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { claimKey } from '../../shared/store/search-keys.ts';

/**
 * Makes this process the one that executes the attempt.
 * @param job id of the queue's job, null where a person starts attempts by hand
 * @throws FastpathError `attempt.claimed`
 */
export async function claimAttempt(
  store: ObjectStore,
  prefix: string,
  attempt: number,
  job: string | null,
): Promise<void> {
  const claim: Claim = { format: 'fastpath.claim/1', job, at: new Date().toISOString() };
  // Who holds the first attempt holds the search, also when an attempt before this one died before it claimed.
  if (job !== null && attempt > 1 && !(await create(store, claimKey(prefix, 1), claim))) {
    const owner = claimOf((await store.get(claimKey(prefix, 1)))?.bytes ?? null);
    if (owner?.job !== job) throw claimed(`${prefix} is another job's`);
  }
  if (!(await create(store, claimKey(prefix, attempt), claim))) {
    throw claimed(`attempt ${attempt} of ${prefix} is another process's: give a new attempt number`);
  }
}

function claimed(message: string): FastpathError {
  return new FastpathError('attempt.claimed', message);
}

async function create(store: ObjectStore, key: string, claim: Claim): Promise<boolean> {
  try {
    await store.put(key, Buffer.from(JSON.stringify(claim)), { ifNoneMatch: '*' });
    return true;
  } catch (error) {
    if (error instanceof FastpathError && error.code === 'store.precondition') return false;
    throw error;
  }
}
