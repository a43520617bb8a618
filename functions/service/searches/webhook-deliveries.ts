/** @file Tells a tenant's webhooks of a search's end: rows that are sent later, written with the end itself. */
import { and, eq, isNull } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { WebhookEvent } from '../../../shared/contract/api/webhooks.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { webhookDeliveries, webhooks } from '../../../shared/db/schema/index.ts';
import type { TerminalState } from '../../../shared/search-state/search-state.ts';
import type { SearchRow } from './deps.ts';
import { searchView } from './view.ts';

/** @param search as it is behind its end */
export async function enqueueDeliveries(
  { tx, clock }: { tx: Transaction; clock: Clock },
  search: SearchRow & { state: TerminalState },
): Promise<void> {
  const { tenantId } = search;
  const told = await tx
    .select({ id: webhooks.id })
    .from(webhooks)
    .where(and(eq(webhooks.tenantId, tenantId), isNull(webhooks.disabledAt)));
  if (told.length === 0) return;
  const now = clock.now();
  const rows = told.map(({ id: webhookId }) => {
    const id = newId('whd', clock);
    const type = `search.${search.state}` as const;
    const body: WebhookEvent = { id, type, createdAt: now.toISOString(), search: searchView(search) };
    return {
      id,
      tenantId,
      webhookId,
      event: type,
      searchId: search.id,
      body,
      state: 'pending' as const,
      nextTryAt: now,
      createdAt: now,
    };
  });
  await tx.insert(webhookDeliveries).values(rows).onConflictDoNothing();
}
