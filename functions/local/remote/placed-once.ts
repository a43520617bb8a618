/**
 * @file An order whose answer was lost is not placed a second time by the same command: its Idempotency-Key is written
 * down before it is sent, and forgotten once the service has said what became of it.
 */
import { createHash, randomUUID } from 'node:crypto';
import type { Order, OrderInput } from '../../../shared/contract/api/orders.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { ApiError, type Fastpath } from '../../client/index.ts';
import { homeDirectory } from '../home.ts';

/** The service keeps answers for 24 hours; a key older than this may be forgotten there before it is sent. */
const keepMs = 23 * 3600 * 1000;

/**
 * Places the order, or gets the answer that an earlier run of the same command lost.
 * @returns again: whether it is the order of that earlier run
 */
export async function placeOnce(fastpath: Fastpath, order: OrderInput): Promise<{ order: Order; again: boolean }> {
  const store = new DirectoryStore(homeDirectory());
  // It names a data set, which is of one service and tenant.
  const name = createHash('sha256').update(JSON.stringify(order)).digest('hex').slice(0, 32);
  const key = `tenants/local/orders/${name}.json`;
  const sent = readKey((await store.get(key))?.bytes);
  const idempotencyKey = sent ?? randomUUID();
  if (sent === null) await store.put(key, Buffer.from(JSON.stringify({ idempotencyKey, sentAtMs: Date.now() })));
  try {
    const placed = await fastpath.orders.place(order, { idempotencyKey });
    await store.delete(key);
    return { order: placed, again: sent !== null };
  } catch (error) {
    if (error instanceof ApiError && !error.retry && error.code !== 'request.idempotency-reuse')
      await store.delete(key);
    throw error;
  }
}

/** Null where none was written down, or too long ago. */
function readKey(bytes: Uint8Array | undefined): string | null {
  if (bytes === undefined) return null;
  const { idempotencyKey, sentAtMs } = JSON.parse(Buffer.from(bytes).toString()) as {
    idempotencyKey: string;
    sentAtMs: number;
  };
  return Date.now() - sentAtMs < keepMs ? idempotencyKey : null;
}
