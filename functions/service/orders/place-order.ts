/** @file `POST /v1/orders`: specs into the store, then order, searches and reservation in one transaction. */
import type { OrderRequest } from '../../../shared/contract/api/orders.ts';
import type { SearchSpec } from '../../../shared/contract/job-spec.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { orders, searches } from '../../../shared/db/schema/index.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { searchPrefixOf, specKey } from '../../../shared/store/search-keys.ts';
import { reserveCredit } from '../credit/reserve.ts';
import { type SpecFile, specFile } from '../search-spec/spec-file.ts';
import type { OrderDeps } from './deps.ts';
import { estimateWork } from './estimate.ts';
import { orderView } from './order-view.ts';
import { planOrder } from './plan-order.ts';

export interface PlacedOrder {
  /** writes the order; to be run in one transaction, alone or with more */
  write(tx: Transaction): Promise<ReturnType<typeof orderView>>;
  searchIds: string[];
  /** takes back what lies in the store, where the order was not written */
  withdraw(): Promise<void>;
}

interface PlannedSearch {
  id: string;
  spec: SearchSpec;
  file: SpecFile;
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
  const share = Math.floor(maxCostMicroUsd / plan.specs.length);
  if (share < 1)
    throw new FastpathError('order.max-cost', 'request: maxCostUsd leaves nothing for each search: raise it');
  const planned = plan.specs.map((spec) => ({ id: newId('srch', clock), spec, file: specFile(spec) }));
  const withdraw = async () => {
    for (const { id } of planned) await store.deletePrefix(`${searchPrefixOf(tenantId, id)}/`);
  };
  try {
    for (const { id, file } of planned) {
      await store.put(specKey(searchPrefixOf(tenantId, id)), file.bytes, { ifNoneMatch: '*' });
    }
  } catch (error) {
    await withdraw().catch(() => undefined);
    throw error;
  }
  const orderId = newId('ord', clock);
  const createdAt = clock.now();
  const order = {
    id: orderId,
    tenantId,
    dataSetId: plan.dataSet.id,
    request: request as Record<string, unknown>,
    state: 'open' as const,
    maxCostMicroUsd,
    estimatedCostMicroUsd: Math.round((estimateWork(deps, plan).costUsd ?? 0) * 1e6),
    createdAt,
    closedAt: null,
  };
  const rows = planned.map((search) =>
    searchRow(search, { ...order, share, warmStartFrom: asked.warmStartFrom ?? null }),
  );
  return {
    searchIds: planned.map(({ id }) => id),
    withdraw,
    write: async (tx) => {
      await tx.insert(orders).values(order);
      const inserted = await tx.insert(searches).values(rows).returning();
      // What costs nothing needs no credit.
      if (price.pricePerHourUsd > 0) {
        await reserveCredit({ tx, clock }, tenantId, { orderId, amountMicroUsd: maxCostMicroUsd });
      }
      return orderView(order, inserted);
    },
  };
}

interface Ordered {
  id: string;
  tenantId: string;
  share: number;
  warmStartFrom: string | null;
  createdAt: Date;
}

function searchRow({ id, spec, file }: PlannedSearch, order: Ordered): typeof searches.$inferInsert {
  const { constraints, maxParameters, maxMacs, maxPeakActivationBytes, exclude } = spec;
  return {
    id,
    tenantId: order.tenantId,
    orderId: order.id,
    specSha256: file.sha256,
    state: 'queued',
    constraints: {
      hardware: constraints.map(({ model, budgetMs }) => ({ id: model.hardware.id, budgetMs })),
      ...(maxParameters === null ? {} : { maxParameters }),
      ...(maxMacs === null ? {} : { maxMacs }),
      ...(maxPeakActivationBytes === null ? {} : { maxPeakActivationBytes }),
      ...(exclude.length === 0 ? {} : { exclude }),
    },
    maxCostMicroUsd: order.share,
    warmStartFrom: order.warmStartFrom,
    createdAt: order.createdAt,
  };
}
