/** @file The right to submit a search: of many submitters one has it, until it has submitted or its time is over. */
import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { searches } from '../../../shared/db/schema/index.ts';
import { transact } from '../../../shared/db/transact.ts';
import type { SearchDeps, SearchRow } from './deps.ts';

/** Longer than any submission takes; after this somebody else looks what became of it. */
const leaseMs = 60_000;

export interface Lease {
  search: SearchRow;
  owner: string;
  /** an earlier submitter has not said how it went: the queue may hold a job already */
  triedBefore: boolean;
}

/** Null where another submitter has the lease, and where there is nothing to submit any more. */
export async function takeLease(
  { db, clock }: Pick<SearchDeps, 'db' | 'clock'>,
  searchId: string,
): Promise<Lease | null> {
  const owner = randomUUID();
  return transact(db, async (tx) => {
    const [search] = await tx.select().from(searches).where(eq(searches.id, searchId)).for('update');
    const now = clock.now();
    if (search?.state !== 'queued') return null;
    if (search.leaseUntil !== null && search.leaseUntil > now) return null;
    const leaseUntil = new Date(now.getTime() + leaseMs);
    await tx.update(searches).set({ leaseOwner: owner, leaseUntil }).where(eq(searches.id, searchId));
    return { search, owner, triedBefore: search.leaseOwner !== null };
  });
}

/** Ends the lease early. That somebody tried stays written down. */
export async function giveUpLease(
  { db, clock }: Pick<SearchDeps, 'db' | 'clock'>,
  { search, owner }: Lease,
): Promise<void> {
  await db
    .update(searches)
    .set({ leaseUntil: clock.now() })
    .where(and(eq(searches.id, search.id), eq(searches.leaseOwner, owner)));
}
