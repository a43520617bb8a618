/** @file What the services of orders are given. */
import type { Price } from '../../../shared/contract/api/orders.ts';
import type { ModelSource } from '../../predict/ports.ts';
import type { SearchDeps } from '../searches/deps.ts';

export interface OrderDeps extends Pick<SearchDeps, 'db' | 'store' | 'clock'> {
  models: ModelSource;
  /** of the machines that searches run on */
  price: Price;
}
