/** @file An order as the API shows it. */
import type { Order, OrderSummary } from '../../../shared/contract/api/orders.ts';
import type { orders } from '../../../shared/db/schema/index.ts';
import type { SearchRow } from '../searches/deps.ts';
import { searchView } from '../searches/view.ts';

type OrderRow = typeof orders.$inferSelect;

export function orderSummary(row: OrderRow): OrderSummary {
  return {
    id: row.id,
    state: row.state,
    dataSetId: row.dataSetId,
    request: row.request,
    maxCostUsd: row.maxCostMicroUsd / 1e6,
    estimatedCostUsd: row.estimatedCostMicroUsd / 1e6,
    createdAt: row.createdAt.toISOString(),
    closedAt: row.closedAt?.toISOString() ?? null,
  };
}

/** @param rows its searches, a shared warm-up among them */
export function orderView(row: OrderRow, rows: readonly SearchRow[]): Order {
  const warmUp = rows.find(({ kind }) => kind === 'warm-up');
  const searches = rows.filter(({ kind }) => kind === 'search');
  return {
    ...orderSummary(row),
    warmUp: warmUp === undefined ? null : searchView(warmUp),
    searches: searches.map(searchView),
  };
}
