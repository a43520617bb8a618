/** @file An order as the API shows it. */
import type { Order } from '../../../shared/contract/api/orders.ts';
import type { orders } from '../../../shared/db/schema/index.ts';
import type { SearchRow } from '../searches/deps.ts';
import { searchView } from '../searches/view.ts';

type OrderRow = typeof orders.$inferSelect;

export function orderSummary(row: OrderRow): Omit<Order, 'searches'> {
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

/** @param rows its searches */
export function orderView(row: OrderRow, rows: readonly SearchRow[]): Order {
  return { ...orderSummary(row), searches: rows.map(searchView) };
}
