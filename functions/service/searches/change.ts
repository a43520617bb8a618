/**
 * @file Writes a step of a search's life: the only place that changes a search's state. The state, its reason, what was
 * found, the webhooks' deliveries and the order's closing are one transaction.
 */
import { and, eq, isNull } from 'drizzle-orm';
import type { Transaction } from '../../../shared/db/db.ts';
import { architectures, orders, searches } from '../../../shared/db/schema/index.ts';
import { isTerminal, nextStep, type SearchFact, type Step } from '../../../shared/search-state/search-state.ts';
import { refundSearch } from '../credit/refund.ts';
import { releaseCredit } from '../credit/release.ts';
import type { SearchDeps, SearchRow } from './deps.ts';
import { isCustomersFault, type Reason } from './reason.ts';
import type { SearchResult } from './result.ts';
import { findWarmUp, wasInVain } from './warm-up.ts';
import { enqueueDeliveries } from './webhook-deliveries.ts';

/** What is known beside the fact, for the states it leads to. */
export interface Circumstances {
  /** when the job began, where the queue says so */
  startedAt?: Date;
  /** should it fail */
  reason?: Reason;
  /** should it succeed or be cut short */
  result?: SearchResult;
}

/**
 * The search, locked with its order until the transaction ends; undefined where it was deleted. The order too: of two
 * searches that end at once each would take the other for running.
 */
export async function lockSearch(tx: Transaction, searchId: string): Promise<SearchRow | undefined> {
  const [row] = await tx.select().from(searches).where(eq(searches.id, searchId)).for('update');
  if (row !== undefined)
    await tx.select({ id: orders.id }).from(orders).where(eq(orders.id, row.orderId)).for('update');
  return row;
}

/** @param search locked in this transaction. @returns the step that was taken, and the search behind it */
export async function changeSearch(
  { tx, clock }: { tx: Transaction; clock: SearchDeps['clock'] },
  search: SearchRow,
  fact: SearchFact,
  { startedAt, reason, result }: Circumstances = {},
): Promise<{ step: Step; search: SearchRow }> {
  const { state, jobId, cancelRequestedAt } = search;
  const step = nextStep({ state, jobId, cancelRequested: cancelRequestedAt !== null }, fact);
  if (step.kind === 'refused') return { step, search };
  const now = clock.now();
  const ends = isTerminal(step.life.state);
  const [changed] = await tx
    .update(searches)
    .set({
      state: step.life.state,
      jobId: step.life.jobId,
      version: search.version + 1,
      ...(step.life.cancelRequested && cancelRequestedAt === null ? { cancelRequestedAt: now } : {}),
      ...(step.passed.includes('searching') ? { startedAt: search.startedAt ?? startedAt ?? now } : {}),
      ...(step.passed.length > 0 ? { leaseOwner: null, leaseUntil: null } : {}),
      ...(ends ? { endedAt: now, ...reasonColumns(step.life.state, reason) } : {}),
      ...(ends && result !== undefined ? { architectureId: result.id } : {}),
    })
    .where(and(eq(searches.id, search.id), eq(searches.version, search.version)))
    .returning();
  if (changed === undefined) throw new Error(`search ${search.id} was changed without its lock`);
  if (isTerminal(changed.state)) await finish({ tx, clock }, { ...changed, state: changed.state }, reason, result);
  return { step, search: changed };
}

function reasonColumns(state: string, reason: Reason | undefined) {
  if (state === 'stopped')
    return { reasonCode: 'cost.limit', reasonMessage: 'the cost limit was reached: this is the best so far' };
  if (state !== 'failed') return {};
  const { code, message } = reason ?? { code: 'search.withdrawn', message: 'the search could not be started' };
  return { reasonCode: code, reasonMessage: message };
}

async function finish(
  { tx, clock }: { tx: Transaction; clock: SearchDeps['clock'] },
  search: Parameters<typeof enqueueDeliveries>[1],
  reason: Reason | undefined,
  result: SearchResult | undefined,
): Promise<void> {
  const { tenantId, orderId, id: searchId } = search;
  if (result !== undefined) await insertArchitectures({ tx, clock }, search, result);
  if (search.state === 'failed' && !(reason !== undefined && isCustomersFault(reason))) {
    await refundSearch({ tx, clock }, tenantId, { orderId, searchId });
  }
  if (search.kind === 'search') await enqueueDeliveries({ tx, clock }, search);
  const open = await tx
    .select({ id: searches.id })
    .from(searches)
    .where(and(eq(searches.orderId, orderId), isNull(searches.endedAt)))
    .limit(1);
  if (open.length > 0) return;
  const warmUp = await findWarmUp(tx, orderId);
  if (warmUp !== undefined && (await wasInVain(tx, orderId))) {
    await refundSearch({ tx, clock }, tenantId, { orderId, searchId: warmUp.id });
  }
  await releaseCredit({ tx, clock }, tenantId, { orderId });
  await tx.update(orders).set({ state: 'closed', closedAt: clock.now() }).where(eq(orders.id, orderId));
}

async function insertArchitectures(
  { tx, clock }: { tx: Transaction; clock: SearchDeps['clock'] },
  { tenantId, id: searchId }: SearchRow,
  { pareto, metrics, ...found }: SearchResult,
): Promise<void> {
  const row = { tenantId, searchId, createdAt: clock.now() };
  const others = new Map(pareto.filter(({ id }) => id !== found.id).map((point) => [point.id, point]));
  await tx
    .insert(architectures)
    .values([
      { ...row, role: 'result', ...columns(found), metrics },
      ...[...others.values()].map((other) => {
        const { architecture: _, ...metrics } = other.point;
        return { ...row, role: 'pareto' as const, ...columns(other), metrics };
      }),
    ])
    .onConflictDoNothing();
}

function columns({
  id,
  architecture,
  macs,
  parameters,
}: Pick<SearchResult, 'id' | 'architecture' | 'macs' | 'parameters'>) {
  return { id, body: architecture, macs, parameters };
}
