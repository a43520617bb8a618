/** @file Cancelling all that is left of an order. */
import type { Order } from '../../../shared/contract/api/orders.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { cancelSearch } from '../searches/cancel.ts';
import type { SearchDeps } from '../searches/deps.ts';
import { getOrder } from './find-orders.ts';

/**
 * Asks every search of the order that has not ended to end. A warm-up comes first: it takes what waits for it along.
 * @throws FastpathError `order.missing`, and what `cancelSearch` throws where queue or store cannot be reached
 */
export async function cancelOrder(deps: SearchDeps, tenantId: string, orderId: string): Promise<Order> {
  const { warmUp, searches } = await getOrder(deps, tenantId, orderId);
  for (const { id, state } of warmUp === null ? searches : [warmUp, ...searches]) {
    if (isTerminal(state)) continue;
    await cancelSearch(deps, tenantId, id).catch((error) => {
      // It ended meanwhile.
      if (!(error instanceof FastpathError && error.code === 'search.ended')) throw error;
    });
  }
  return getOrder(deps, tenantId, orderId);
}
