/** @file `fastpath orders`: what was ordered, how it goes, and what it found. */
import { join } from 'node:path';
import type { Order } from '../../../shared/contract/api/orders.ts';
import type { Search } from '../../../shared/contract/api/searches.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { milliseconds, table } from '../../../shared/format.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import type { Fastpath } from '../../client/index.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { type ApiFlags, connectTo } from './connect.ts';
import type { DeliverFlags } from './deliver.ts';
import { day, gather, usd } from './listing.ts';

export async function listOrders(flags: ApiFlags, console: Console): Promise<void> {
  const orders = await gather((await connectTo(flags)).orders.list());
  if (flags.json) return writeJson(console, orders);
  const rows = orders.map(({ id, state, dataSetId, estimatedCostUsd, maxCostUsd, createdAt }) => [
    id,
    state,
    dataSetId ?? 'deleted',
    usd(estimatedCostUsd),
    usd(maxCostUsd),
    day(createdAt),
  ]);
  console.out.write(table([['id', 'state', 'data set', 'estimated', 'at most', 'placed'], ...rows]));
}

export async function showOrder(id: string, flags: ApiFlags, console: Console): Promise<void> {
  const order = await (await connectTo(flags)).orders.get(id);
  if (flags.json) return writeJson(console, order);
  writeLine(
    console.out,
    `${order.id} ${order.state}, at most ${usd(order.maxCostUsd)}, placed ${day(order.createdAt)}\n`,
  );
  const own = order.warmUp === null ? [] : [order.warmUp];
  const rows = [...own, ...order.searches].map(rowOf);
  console.out.write(table([['search', 'state', 'budgets', 'seed', 'architecture'], ...rows]));
  for (const { id: search, reason } of order.searches) {
    if (reason !== null) writeLine(console.out, `${search}: ${reason.message}`);
  }
}

export interface OrderDeliverFlags extends ApiFlags, DeliverFlags {}

/** Shows the searches one after another and fetches what they found. The exit code. */
export async function followOrder(id: string, flags: OrderDeliverFlags, console: Console): Promise<number> {
  const fastpath = await connectTo(flags);
  return deliverOrder(fastpath, await fastpath.orders.get(id), flags, console);
}

/** A warm-up that the searches share first, which leaves nothing to fetch. The exit code. */
export async function deliverOrder(
  fastpath: Fastpath,
  order: Order,
  flags: DeliverFlags,
  console: Console,
): Promise<number> {
  const { deliverSearch, watchWarmUp } = await import('./deliver.ts');
  if (order.warmUp !== null) {
    const exitCode = await watchWarmUp(fastpath, order.warmUp, flags, console);
    if (exitCode !== 0) return exitCode;
  }
  return eachSearch(order, console, (search) =>
    deliverSearch(fastpath, search, folderOf(order, search, flags), console),
  );
}

/** Fetches what the searches that have ended found. The exit code. */
export async function downloadOrder(id: string, flags: OrderDeliverFlags, console: Console): Promise<number> {
  const { fetchResult } = await import('./deliver.ts');
  const fastpath = await connectTo(flags);
  const order = await fastpath.orders.get(id);
  return eachSearch(order, console, async (search) => {
    await fetchResult(fastpath, await fastpath.searches.get(search.id), folderOf(order, search, flags), console);
    return 0;
  });
}

/**
 * Until one gives another exit code than 0. A search that found nothing does not keep the others from being fetched.
 * @throws FastpathError of the last that found nothing; `order.deleted`
 */
async function eachSearch(
  { id, searches }: Order,
  console: Console,
  work: (search: Search) => Promise<number>,
): Promise<number> {
  if (searches.length === 0) {
    throw new FastpathError('order.deleted', `the searches of ${id} were deleted, with what they found`);
  }
  let failure: FastpathError | null = null;
  for (const search of searches) {
    try {
      const exitCode = await work(search);
      if (exitCode !== 0) return exitCode;
    } catch (error) {
      if (!(error instanceof FastpathError) || error.retry) throw error;
      if (failure !== null) writeLine(console.err, `warning: ${failure.message}`);
      failure = error;
    }
  }
  if (failure !== null) throw failure;
  return 0;
}

/** Asks all searches that have not ended to end. */
export async function cancelOrder(id: string, flags: ApiFlags, console: Console): Promise<void> {
  const fastpath = await connectTo(flags);
  const { searches } = await fastpath.orders.get(id);
  const running = searches.filter(({ state }) => !isTerminal(state));
  await fastpath.orders.cancel(id);
  if (flags.json) return writeJson(console, { id, cancelled: running.map((search) => search.id) });
  const what =
    running.length === 0
      ? 'all of its searches have ended already'
      : running.map(({ id: search }) => search).join(', ');
  writeLine(console.out, running.length === 0 ? what : `asked to end: ${what}; what they took until then is charged`);
}

/** Deletes the order's searches with all their files, once they have ended. */
export async function deleteOrder(id: string, flags: ApiFlags, console: Console): Promise<void> {
  const fastpath = await connectTo(flags);
  const { searches } = await fastpath.orders.get(id);
  for (const search of searches) await fastpath.searches.delete(search.id);
  if (flags.json) return writeJson(console, { id, deleted: searches.map((search) => search.id) });
  writeLine(console.out, `${searches.length} searches of ${id} are gone, with their files`);
}

/** One folder a search where there are several. */
function folderOf({ searches }: Order, { id }: Search, { out, json = false }: DeliverFlags): DeliverFlags {
  if (out === undefined) return { json };
  return { json, out: searches.length === 1 ? out : join(out, id) };
}

function rowOf({ id, kind, state, constraints, seed, architectureId }: Search): string[] {
  const budgets = constraints.hardware.map(({ id: hardware, budgetMs }) => `${milliseconds(budgetMs)} on ${hardware}`);
  const what = kind === 'warm-up' ? 'warm-up of all' : budgets.join(', ');
  return [id, state, what, seed === null ? '–' : String(seed), architectureId ?? '–'];
}
