/** @file Where a search's objects lie in the store. `prefix` is the search's place, without a final slash. */

export const searchPrefixOf = (tenantId: string, searchId: string): string =>
  `tenants/${tenantId}/searches/${searchId}`;

/** The searches of an order that run as one array job: which child takes which. */
export const jobListKey = (tenantId: string, orderId: string): string =>
  `${orderPrefixOf(tenantId, orderId)}/jobs.json`;

/** What belongs to an order as a whole, without a final slash. */
export const orderPrefixOf = (tenantId: string, orderId: string): string => `tenants/${tenantId}/orders/${orderId}`;

export const specKey = (prefix: string): string => `${prefix}/spec.json`;

/** Who executes the attempt; that of the first attempt also says who executes the search. */
export const claimKey = (prefix: string, attempt: number): string => `${prefix}/attempts/${attempt}/claim`;

/** Seconds that the attempt has computed so far, as JSON. */
export const secondsKey = (prefix: string, attempt: number): string => `${prefix}/attempts/${attempt}/seconds.json`;

/** @param segment from 1 */
export const progressKey = (prefix: string, segment: number): string =>
  `${prefix}/progress/${String(segment).padStart(6, '0')}.jsonl`;

export const resultKey = (prefix: string, name: string): string => `${prefix}/result/${name}`;

/** What the search decided, for pruning again. */
export const outcomeKey = (prefix: string): string => `${prefix}/outcome.json`;

/** Weights of the whole supernet after its search, for a warm start and for pruning again. */
export const supernetKey = (prefix: string): string => `${prefix}/supernet.safetensors`;

/** Weights and momentum behind a warm-up, for the searches that share it. */
export const warmUpKey = (prefix: string): string => `${prefix}/warm-up.safetensors`;
