import { and, eq, isNull } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { WebhookEvent } from '../../../shared/contract/api/webhooks.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { webhookDeliveries } from '../../../shared/db/schema/webhook-deliveries.ts';
import { webhooks } from '../../../shared/db/schema/webhooks.ts';

/**
 * Writes one delivery of a search's end for each webhook of its tenant, in the transaction that ends the search; a second
 * time it writes nothing. `deliverDue` sends them.
 */
export async function queueDeliveries(
  transaction: Transaction,
  clock: Clock,
  tenantId: string,
  { type, search }: Pick<WebhookEvent, 'type' | 'search'>,
): Promise<void> {
  const enabled = and(eq(webhooks.tenantId, tenantId), isNull(webhooks.disabledAt));
  const targets = await transaction.select({ id: webhooks.id }).from(webhooks).where(enabled);
  if (targets.length === 0) return;
  const createdAt = clock.now();
  const rows = targets.map(({ id: webhookId }) => {
    const id = newId('whd', clock);
    const body: WebhookEvent = { id, type, createdAt: createdAt.toISOString(), search };
    const times = { createdAt, nextTryAt: createdAt };
    return { id, tenantId, webhookId, event: type, searchId: search.id, body, state: 'pending' as const, ...times };
  });
  await transaction.insert(webhookDeliveries).values(rows).onConflictDoNothing();
}
