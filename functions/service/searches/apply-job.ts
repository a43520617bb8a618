/**
 * @file What the queue says of a job becomes the state of its search. Events and the reconciler both come here, with
 * news in any order and as often as they like. The store is read first, then all is written in one transaction.
 */
import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type { Db } from '../../../shared/db/db.ts';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import { childId, hasEnded, type JobDescription } from '../../../shared/queue/job-queue.ts';
import { isTerminal, type SearchFact } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import { recordAttempts } from './attempts.ts';
import { type Circumstances, changeSearch, lockSearch } from './change.ts';
import { closeClaim, nobody, type Owner, readOwner } from './claim.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { lastRecords } from './last-words.ts';
import { failureReason, type Reason } from './reason.ts';
import { readResult, readWarmUpResult } from './result.ts';
import { findWarmUp, warmUpFailure } from './warm-up.ts';

/** A job of another name is none of ours. @throws FastpathError where database, store or queue cannot be reached */
export async function applyJob(deps: SearchDeps, job: JobDescription): Promise<void> {
  if (job.arraySize !== undefined) return applyParent(deps, job);
  const search = await searchOf(deps.db, job);
  // A search that is over has been paid for in the same transaction: nothing is left to learn of its job.
  if (search === undefined || isTerminal(search.state)) return;
  const prefix = searchPrefixOf(search.tenantId, search.id);
  const ended = hasEnded(job.status);
  const began = job.attempts.some(({ startedAt }) => startedAt !== null);
  const owner = ended
    ? await ownerAtEnd(deps, search, prefix, job)
    : began || search.jobId !== job.id
      ? await readOwner(deps.store, prefix)
      : null;
  const executes = owner === job.id;
  const { facts, circumstances } = await newsOf(deps, search, job, owner);

  const behind = await transact(deps.db, async (tx) => {
    let row = await lockSearch(tx, search.id);
    if (row === undefined || isTerminal(row.state)) return row;
    for (const fact of facts) {
      // What attempts used is charged before the end releases what is left, and only where they executed the search.
      if (executes && fact === facts.at(-1)) await recordAttempts({ ...deps, tx }, row, job);
      row = (await changeSearch({ ...deps, tx }, row, fact, circumstances)).search;
    }
    return row;
  });
  await turnToOwner(deps, behind, job, owner);
}

/** A job is named for its search; a child of an array for its order, whose list of searches its index counts. */
async function searchOf(db: Db, { name, arrayIndex }: JobDescription): Promise<SearchRow | undefined> {
  const which = /^srch_[0-9a-z]{26}$/.test(name)
    ? eq(searches.id, name)
    : /^ord_[0-9a-z]{26}$/.test(name) && arrayIndex !== undefined
      ? and(eq(searches.orderId, name), eq(searches.arrayIndex, arrayIndex))
      : null;
  return which === null ? undefined : (await db.select().from(searches).where(which))[0];
}

/** When a parent has ended all of its children have, also where the queue never made them. */
async function applyParent(deps: SearchDeps, parent: JobDescription): Promise<void> {
  if (!hasEnded(parent.status) || !/^ord_[0-9a-z]{26}$/.test(parent.name)) return;
  const open = await deps.db
    .select({ index: searches.arrayIndex })
    .from(searches)
    .where(and(eq(searches.orderId, parent.name), isNotNull(searches.arrayIndex), isNull(searches.endedAt)));
  const known = await deps.queue.describe(open.map(({ index }) => childId(parent.id, index!)));
  const byIndex = new Map(known.map((job) => [job.arrayIndex, job]));
  for (const { index } of open) await applyJob(deps, byIndex.get(index!) ?? childOf(parent, index!));
}

/** A child that the queue does not know, by what it says of the parent. */
export function childOf({ arraySize: _, ...parent }: JobDescription, arrayIndex: number): JobDescription {
  return { ...parent, id: childId(parent.id, arrayIndex), arrayIndex, parent: parent.id };
}

/** Where the job ended before it claimed the search, the claim is closed: no other job may take what now counts as over. */
async function ownerAtEnd(
  deps: SearchDeps,
  search: SearchRow,
  prefix: string,
  job: JobDescription,
): Promise<Owner | null> {
  const owner = await readOwner(deps.store, prefix);
  if (owner !== null) return owner;
  // The end of a job that is not the one we wait for says nothing of that one.
  if (search.jobId !== null && search.jobId !== job.id) return null;
  return closeClaim(deps.store, prefix, deps.clock.now());
}

async function newsOf(
  { db, store }: SearchDeps,
  search: SearchRow,
  job: JobDescription,
  owner: Owner | null,
): Promise<{ facts: SearchFact[]; circumstances: Circumstances }> {
  const prefix = searchPrefixOf(search.tenantId, search.id);
  const startedAt = job.attempts.find((attempt) => attempt.startedAt !== null)?.startedAt;
  const circumstances: Circumstances = startedAt ? { startedAt } : {};
  if (owner !== null && owner !== nobody && owner !== job.id) {
    return { facts: [{ type: 'claimed', jobId: owner }], circumstances };
  }
  const facts: SearchFact[] = [{ type: 'submitted', jobId: job.id }];
  if (owner === job.id) facts.push({ type: 'claimed', jobId: job.id });
  if (startedAt) facts.push({ type: 'running', jobId: job.id });
  if (!hasEnded(job.status)) return { facts, circumstances };
  const read = await (search.kind === 'warm-up' ? readWarmUpResult : readResult)(store, prefix);
  if (read.outcome === 'none') {
    circumstances.reason =
      (await failureBefore({ db, store }, search, owner)) ??
      failureReason(await lastRecords(store, prefix), read.problem, job.reason);
  } else if (read.result !== null) circumstances.result = read.result;
  // Closed by nobody's job: then nothing was executed, whatever lies there.
  if (owner === nobody) return { facts: [...facts, { type: 'withdrawn' }], circumstances };
  if (owner === job.id) facts.push({ type: 'ended', jobId: job.id, outcome: read.outcome });
  return { facts, circumstances };
}

/** Where no job executed the search because its warm-up failed; null otherwise. */
async function failureBefore(
  { db, store }: Pick<SearchDeps, 'db' | 'store'>,
  { arrayIndex, orderId }: SearchRow,
  owner: Owner | null,
): Promise<Reason | null> {
  if (owner !== nobody || arrayIndex === null) return null;
  const warmUp = await findWarmUp(db, orderId);
  if (warmUp === undefined) return null;
  const left = await readWarmUpResult(store, searchPrefixOf(warmUp.tenantId, warmUp.id));
  if (left.outcome !== 'none') return null;
  return warmUpFailure(store, warmUp);
}

/** Where another job executes the search, that one is what we want to hear of. */
async function turnToOwner(
  deps: SearchDeps,
  search: SearchRow | undefined,
  job: JobDescription,
  owner: Owner | null,
): Promise<void> {
  if (search === undefined || owner === null || owner === nobody || owner === job.id || isTerminal(search.state))
    return;
  if (search.cancelRequestedAt !== null) await deps.queue.terminate(owner, 'cancelled by the customer');
  const [other] = await deps.queue.describe([owner]);
  if (other !== undefined) await applyJob(deps, other);
}
