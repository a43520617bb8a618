/** @file `fastpath.orders`: what is bought. */
import type { Estimate, EstimateInput, Order, OrderInput, OrderSummary } from '../../shared/contract/api/orders.ts';
import { answerOf, type Connection, calling, once, segment } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';
import { itemsOf } from './pages.ts';

export class Orders {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** Time and cost, with their basis; checks the order as `place` would, and reserves nothing. */
  estimate(order: EstimateInput, options: CallOptions = {}): Promise<Estimate> {
    return answerOf(this.connection.http.v1.orders.estimate.$post({ json: order }, calling(options)));
  }

  /** Reserves `maxCostUsd` and starts the searches. */
  place(order: OrderInput, options: CreateOptions = {}): Promise<Order> {
    const { orders } = this.connection.http.v1;
    return answerOf(orders.$post({ json: order, header: once(options) }, calling(options)));
  }

  /** With its searches, and the warm-up that several of them share. */
  get(id: string, options: CallOptions = {}): Promise<Order> {
    return answerOf(this.connection.http.v1.orders[':id'].$get({ param: { id: segment(id) } }, calling(options)));
  }

  /** Asks the jobs of all its searches to end. What was used until then is charged. */
  cancel(id: string, options: CallOptions = {}): Promise<Order> {
    const { orders } = this.connection.http.v1;
    return answerOf(orders[':id'].cancel.$post({ param: { id: segment(id) } }, calling(options)));
  }

  /** Newest first. */
  list(options: CallOptions = {}): AsyncGenerator<OrderSummary, void> {
    const { orders } = this.connection.http.v1;
    return itemsOf((after) => answerOf(orders.$get({ query: { after } }, calling(options))));
  }
}
