/** @file Reading orders. Another tenant's do not exist. */
import { and, asc, desc, eq, lt } from 'drizzle-orm';
import type { Page, PageQuery } from '../../../shared/contract/api/common.ts';
import type { Order, OrderSummary } from '../../../shared/contract/api/orders.ts';
import type { Db } from '../../../shared/db/db.ts';
import { orders, searches } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { pageOf } from '../page.ts';
import { orderSummary, orderView } from './order-view.ts';

/** @throws FastpathError `order.missing` */
export async function getOrder({ db }: { db: Db }, tenantId: string, id: string): Promise<Order> {
  const [row] = await db
    .select()
    .from(orders)
    .where(and(eq(orders.id, id), eq(orders.tenantId, tenantId)));
  if (row === undefined)
    throw new FastpathError('order.missing', `there is no order ${id}: GET /v1/orders lists yours`);
  const own = db.select().from(searches).where(eq(searches.orderId, id));
  return orderView(row, await own.orderBy(asc(searches.arrayIndex), asc(searches.id)));
}

/** Newest first. */
export async function listOrders(
  { db }: { db: Db },
  tenantId: string,
  { limit, after }: PageQuery,
): Promise<Page<OrderSummary>> {
  const rows = await db
    .select()
    .from(orders)
    .where(and(eq(orders.tenantId, tenantId), after === undefined ? undefined : lt(orders.id, after)))
    .orderBy(desc(orders.id))
    .limit(limit + 1);
  return pageOf(rows, limit, orderSummary);
}
