/** @file The right to submit searches: of many submitters one has it, until it has submitted or its time is over. */
import { randomUUID } from 'node:crypto';
import { and, asc, eq, inArray, type SQL } from 'drizzle-orm';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import type { SearchDeps, SearchRow } from './deps.ts';

/** Longer than any submission takes; after this somebody else looks what became of it. */
const leaseMs = 60_000;

export interface Lease {
  /** what is to be submitted, as one job */
  searches: SearchRow[];
  owner: string;
  /** an earlier submitter has not said how it went: the queue may hold a job already */
  triedBefore: boolean;
}

/**
 * Null where another submitter has the lease, and where there is nothing to submit any more.
 * @param which the searches of one job; those that are past submission are left out
 */
export async function takeLease(
  { db, clock }: Pick<SearchDeps, 'db' | 'clock'>,
  which: SQL | undefined,
): Promise<Lease | null> {
  const owner = randomUUID();
  return transact(db, async (tx) => {
    const found = await tx.select().from(searches).where(which).orderBy(asc(searches.id)).for('update');
    const now = clock.now();
    const queued = found.filter(({ state }) => state === 'queued');
    if (queued.length === 0) return null;
    if (queued.some(({ leaseUntil }) => leaseUntil !== null && leaseUntil > now)) return null;
    const leaseUntil = new Date(now.getTime() + leaseMs);
    await tx
      .update(searches)
      .set({ leaseOwner: owner, leaseUntil })
      .where(inArray(searches.id, idsOf(queued)));
    return { searches: queued, owner, triedBefore: queued.some(({ leaseOwner }) => leaseOwner !== null) };
  });
}

/** Ends the lease early. That somebody tried stays written down. */
export async function giveUpLease(
  { db, clock }: Pick<SearchDeps, 'db' | 'clock'>,
  { searches: leased, owner }: Lease,
): Promise<void> {
  const mine = and(inArray(searches.id, idsOf(leased)), eq(searches.leaseOwner, owner));
  await db.update(searches).set({ leaseUntil: clock.now() }).where(mine);
}

function idsOf(rows: readonly SearchRow[]): string[] {
  return rows.map(({ id }) => id);
}
