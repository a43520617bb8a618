/** @file `POST /v1/orders`: specs into the store, then order, searches and reservation in one transaction. */
import type { Order, OrderRequest } from '../../../shared/contract/api/orders.ts';
import { inOrder } from '../../../shared/data/in-order.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { orders, searches } from '../../../shared/db/schema/index.ts';
import type { Commit } from '../../../shared/db/transact.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { jobListKey, orderPrefixOf, specKey } from '../../../shared/store/search-keys.ts';
import { reserveCredit } from '../credit/reserve.ts';
import { specFile } from '../search-spec/spec-file.ts';
import type { SearchDeps } from '../searches/deps.ts';
import { submitOrder } from '../searches/submit-order.ts';
import type { OrderDeps } from './deps.ts';
import { estimateWork } from './estimate.ts';
import { orderView } from './order-view.ts';
import { planOrder } from './plan-order.ts';
import { jobListOf, type PlannedSearch, planSearches, searchRow } from './planned-searches.ts';
import { shareCost } from './share-cost.ts';

export interface PlacedOrder {
  id: string;
  /** writes the order; to be run in one transaction, alone or with more */
  write(tx: Transaction): Promise<ReturnType<typeof orderView>>;
  /** takes back what lies in the store, where the order was not written */
  withdraw(): Promise<void>;
}

const specsAtOnce = 8;
/** Well below what one statement may hold. */
const rowsAtOnce = 100;

/**
 * Places an order and hands its searches to the queue.
 * @throws FastpathError what `prepareOrder` and `commit` throw; then nothing is left of it
 */
export async function placeOrder(
  deps: OrderDeps & SearchDeps,
  tenantId: string,
  request: OrderRequest,
  commit: Commit,
): Promise<Order> {
  const prepared = await prepareOrder(deps, tenantId, request);
  let order: Order;
  try {
    order = await commit((tx) => prepared.write(tx));
  } catch (error) {
    await prepared.withdraw().catch(() => undefined);
    throw error;
  }
  // The order stands; what the queue does not take now the reconciler hands it later.
  await submitOrder(deps, prepared.id).catch(() => undefined);
  return order;
}

/**
 * Checks the order and puts its specs into the store, where nobody looks for them until the order is written.
 * @throws FastpathError what `planOrder` throws, `order.max-cost`; `write` throws `credit.insufficient` and
 * `credit.monthly-limit`
 */
export async function prepareOrder(deps: OrderDeps, tenantId: string, request: OrderRequest): Promise<PlacedOrder> {
  const { store, clock, price } = deps;
  const { maxCostUsd, ...asked } = request;
  const plan = await planOrder(deps, tenantId, asked);
  const maxCostMicroUsd = Math.round(maxCostUsd * 1e6);
  const estimate = estimateWork(deps, plan);
  const planned = planSearches(tenantId, plan, shareCost(maxCostMicroUsd, estimate), clock);
  const id = newId('ord', clock);
  const withdraw = async () => {
    for (const { prefix } of planned) await store.deletePrefix(`${prefix}/`);
    await store.deletePrefix(`${orderPrefixOf(tenantId, id)}/`);
  };
  const written = await putFiles(store, planned, jobListKey(tenantId, id)).catch(async (error) => {
    await withdraw().catch(() => undefined);
    throw error;
  });
  const order = {
    id,
    tenantId,
    dataSetId: plan.dataSet.id,
    request: request as Record<string, unknown>,
    state: 'open' as const,
    jobListSha256: written.jobListSha256,
    maxCostMicroUsd,
    estimatedCostMicroUsd: Math.round((estimate.costUsd ?? 0) * 1e6),
    createdAt: clock.now(),
    closedAt: null,
  };
  const rows = planned.map((search) =>
    searchRow(search, written.sha256Of.get(search.id)!, { ...order, warmStartFrom: asked.warmStartFrom ?? null }),
  );
  return {
    id,
    withdraw,
    write: async (tx) => {
      await tx.insert(orders).values(order);
      const inserted: (typeof searches.$inferSelect)[] = [];
      for (let from = 0; from < rows.length; from += rowsAtOnce) {
        const some = rows.slice(from, from + rowsAtOnce);
        inserted.push(...(await tx.insert(searches).values(some).returning()));
      }
      // What costs nothing needs no credit.
      if (price.pricePerHourUsd > 0) {
        await reserveCredit({ tx, clock }, tenantId, { orderId: id, amountMicroUsd: maxCostMicroUsd });
      }
      return orderView(order, inserted);
    },
  };
}

/** @returns the SHA-256 of each search's spec, by its id, and of what lists the children of the array job */
async function putFiles(
  store: ObjectStore,
  planned: readonly PlannedSearch[],
  listKey: string,
): Promise<{ sha256Of: Map<string, string>; jobListSha256: string | null }> {
  const put = async ({ id, prefix, spec }: PlannedSearch) => {
    const { bytes, sha256 } = specFile(spec);
    await store.put(specKey(prefix), bytes, { ifNoneMatch: '*' });
    return [id, sha256] as const;
  };
  const sha256Of = new Map<string, string>();
  for await (const [id, sha256] of inOrder(planned, specsAtOnce, put)) sha256Of.set(id, sha256);
  const jobs = jobListOf(planned, sha256Of);
  if (jobs !== null) await store.put(listKey, jobs.bytes, { ifNoneMatch: '*' });
  return { sha256Of, jobListSha256: jobs?.sha256 ?? null };
}
