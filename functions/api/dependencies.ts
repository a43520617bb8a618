/** @file What the API is given: everything with an effect, and the limits that an operator may set. */
import type { Meter, PredictOptions, ReadBody } from '../predict/ports.ts';
import type { StoredModels } from '../predict/stored-models.ts';
import type { DataSetDependencies } from '../service/datasets/dependencies.ts';
import type { HardwareDeps } from '../service/hardware/deps.ts';
import type { AuthenticateDependencies } from '../service/keys/authenticate.ts';
import type { OrderDeps } from '../service/orders/deps.ts';
import type { Followers } from '../service/progress/followers.ts';
import type { SearchDeps } from '../service/searches/deps.ts';
import type { Network } from '../service/webhooks/target.ts';
import type { ClientAddress } from './client-address.ts';
import type { RateLimiter } from './rate-limit.ts';

export interface ApiDependencies
  extends HardwareDeps,
    OrderDeps,
    SearchDeps,
    DataSetDependencies,
    AuthenticateDependencies {
  models: StoredModels;
  /** how webhooks' addresses are looked up */
  network: Network;
  /** told that a data set waits to be verified */
  dataSetsWaiting(): void | Promise<void>;
  /** told that measurements wait for their hardware's model to be fitted */
  measurementsWaiting(): void | Promise<void>;
  /** told that searches have not ended, which the reconciler looks after */
  searchesWaiting(): void | Promise<void>;
  /** told that a tenant is to be erased */
  tenantsWaiting(): void | Promise<void>;
  followers: Followers;
  meter: Meter;
  readBody: ReadBody;
  onnx: PredictOptions['onnx'];
  /** for everything but predictions */
  limiter: RateLimiter;
  /** for predictions, which are many and cheap */
  predictLimiter: RateLimiter;
  /** for swapping codes, which needs no key: each address, and all of them together */
  swapLimiters: { address: RateLimiter; all: RateLimiter };
  addressOf: ClientAddress;
  /** scheme and host by which others reach it where requests do not tell: behind a proxy that ends TLS; else null */
  publicUrl: string | null;
  version: string;
}
