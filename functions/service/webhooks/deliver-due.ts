/**
 * @file Sends deliveries until they arrive, at least once each. A sender claims what is due by moving its next try behind
 * the longest time that one try takes: of several processes one sends, and what a dead one had claimed comes due again.
 */
import { and, asc, eq, gte, inArray, lte } from 'drizzle-orm';
import { backoffMs } from '../../../shared/backoff.ts';
import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import { webhookDeliveries } from '../../../shared/db/schema/webhook-deliveries.ts';
import { webhooks } from '../../../shared/db/schema/webhooks.ts';
import { signatureHeader, signWebhook } from '../../../shared/webhook-signature.ts';
import { post } from './post.ts';
import { type Network, targetOf } from './target.ts';

export interface DeliverDependencies {
  db: Db;
  clock: Clock;
  network: Network;
}

/** Longer than any one try. */
const claimMs = 60_000;
const sentAtOnce = 16;
/** Waits from 10 s to 6 h, about 15 h in all: time to mend a receiver. */
const firstWaitMs = 10_000;
const longestWaitMs = 6 * 3_600_000;
export const mostTries = 15;

type Delivery = typeof webhookDeliveries.$inferSelect;
type Outcome = { status: number; error: string | null } | { status: null; error: string };

/** Sends what is due, at most `sentAtOnce`, and returns how many were tried: call again at once while that is not 0. */
export async function deliverDue({ db, clock, network }: DeliverDependencies): Promise<number> {
  const claimed = await claim(db, clock.now());
  await Promise.all(
    claimed.map(async (delivery) => {
      const [webhook] = await db.select().from(webhooks).where(eq(webhooks.id, delivery.webhookId));
      if (webhook === undefined) return;
      const outcome = await send(delivery, webhook, clock, network);
      await settle(db, delivery, outcome, clock.now());
    }),
  );
  return claimed.length;
}

/** Everything that is due. */
export async function deliverAll(deps: DeliverDependencies): Promise<void> {
  while ((await deliverDue(deps)) > 0);
}

function claim(db: Db, now: Date): Promise<Delivery[]> {
  return db.transaction(async (transaction) => {
    const due = await transaction
      .select()
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.state, 'pending'), lte(webhookDeliveries.nextTryAt, now)))
      .orderBy(asc(webhookDeliveries.nextTryAt))
      .limit(sentAtOnce)
      .for('update', { skipLocked: true });
    if (due.length === 0) return [];
    const ids = due.map(({ id }) => id);
    const nextTryAt = new Date(now.getTime() + claimMs);
    await transaction.update(webhookDeliveries).set({ nextTryAt }).where(inArray(webhookDeliveries.id, ids));
    return due.map((delivery) => ({ ...delivery, nextTryAt }));
  });
}

async function send(
  delivery: Delivery,
  { url, secret }: typeof webhooks.$inferSelect,
  clock: Clock,
  network: Network,
): Promise<Outcome> {
  const body = JSON.stringify(delivery.body);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Fastpath-Webhook/1',
    'fastpath-delivery': delivery.id,
    [signatureHeader]: signWebhook(secret, body, clock.now()),
  };
  try {
    const status = await post(await targetOf(url, network), headers, body);
    const redirect = status >= 300 && status < 400 ? ', a redirect, which is not followed' : '';
    return { status, error: status >= 200 && status < 300 ? null : `the answer was ${status}${redirect}` };
  } catch (error) {
    return { status: null, error: (error instanceof Error ? error.message : String(error)).slice(0, 300) };
  }
}

/** Writes how a try ended, unless another process has claimed the delivery since. */
async function settle(db: Db, delivery: Delivery, { status, error }: Outcome, now: Date): Promise<void> {
  const tries = delivery.tries + 1;
  const tried = { tries, lastStatus: status, lastError: error };
  const next = new Date(now.getTime() + firstWaitMs + backoffMs(tries, firstWaitMs, longestWaitMs));
  const outcome =
    error === null
      ? { ...tried, state: 'delivered' as const, deliveredAt: now, nextTryAt: null }
      : tries < mostTries
        ? { ...tried, nextTryAt: next }
        : { ...tried, state: 'given-up' as const, nextTryAt: null };
  const still = and(
    eq(webhookDeliveries.id, delivery.id),
    eq(webhookDeliveries.state, 'pending'),
    eq(webhookDeliveries.nextTryAt, delivery.nextTryAt!),
  );
  await db.transaction(async (transaction) => {
    const written = await transaction.update(webhookDeliveries).set(outcome).where(still).returning();
    if (written.length === 0 || outcome.nextTryAt !== null || error === null) return;
    const { webhookId } = delivery;
    const ofWebhook = eq(webhookDeliveries.webhookId, webhookId);
    const arrived = and(ofWebhook, gte(webhookDeliveries.deliveredAt, delivery.createdAt));
    const some = await transaction.select({ id: webhookDeliveries.id }).from(webhookDeliveries).where(arrived).limit(1);
    if (some.length > 0) return;
    // Nothing got through in all that time: nobody is there.
    await transaction.update(webhooks).set({ disabledAt: now }).where(eq(webhooks.id, webhookId));
    await transaction
      .update(webhookDeliveries)
      .set({ state: 'given-up', nextTryAt: null, lastError: 'the webhook was disabled' })
      .where(and(ofWebhook, eq(webhookDeliveries.state, 'pending')));
  });
}
