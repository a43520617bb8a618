/** @file The webhooks of a tenant: made, listed, deleted. */
import { randomBytes } from 'node:crypto';
import { and, count, desc, eq, lt } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Page, PageQuery } from '../../../shared/contract/api/common.ts';
import type { CreatedWebhook, Webhook } from '../../../shared/contract/api/webhooks.ts';
import type { Db } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { webhooks } from '../../../shared/db/schema/webhooks.ts';
import { type Commit, transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { pageOf } from '../page.ts';
import { type Network, targetOf } from './target.ts';

/** Each search's end is told to all of them. */
const mostWebhooks = 20;

/**
 * A webhook at `url`. Only this answer shows its secret.
 * @throws FastpathError `webhook.url`, `webhook.unresolved`, `webhook.too-many`
 */
export async function createWebhook(
  { db, clock, network }: { db: Db; clock: Clock; network: Network },
  tenantId: string,
  { url }: { url: string },
  commit: Commit = (change) => transact(db, change),
): Promise<CreatedWebhook> {
  // Names are looked up outside of the transaction, which is not to wait for them.
  await targetOf(url, network);
  const secret = `whsec_${randomBytes(32).toString('base64url')}`;
  const row = { id: newId('wh', clock), tenantId, url, secret, createdAt: clock.now() };
  return commit(async (tx) => {
    const [held] = await tx.select({ count: count() }).from(webhooks).where(eq(webhooks.tenantId, tenantId));
    if (held!.count >= mostWebhooks) {
      throw new FastpathError('webhook.too-many', `there are ${mostWebhooks} webhooks already: delete one first`);
    }
    const [kept] = await tx.insert(webhooks).values(row).returning();
    return { ...view(kept!), secret };
  });
}

/** Newest first. */
export async function listWebhooks(
  { db }: { db: Db },
  tenantId: string,
  { limit, after }: PageQuery,
): Promise<Page<Webhook>> {
  const rows = await db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.tenantId, tenantId), after === undefined ? undefined : lt(webhooks.id, after)))
    .orderBy(desc(webhooks.id))
    .limit(limit + 1);
  return pageOf(rows, limit, view);
}

/** With its deliveries, sent or not. @throws FastpathError `webhook.unknown` */
export async function deleteWebhook({ db }: { db: Db }, tenantId: string, id: string): Promise<void> {
  const own = and(eq(webhooks.tenantId, tenantId), eq(webhooks.id, id));
  if ((await db.delete(webhooks).where(own).returning({ id: webhooks.id })).length > 0) return;
  throw new FastpathError('webhook.unknown', `there is no webhook ${id}: GET /v1/webhooks lists yours`);
}

function view({ id, url, createdAt, disabledAt }: typeof webhooks.$inferSelect): Webhook {
  return { id, url, createdAt: createdAt.toISOString(), disabledAt: disabledAt?.toISOString() ?? null };
}
