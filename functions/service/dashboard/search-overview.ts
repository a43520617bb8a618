/** @file Searches as a list shows them: how far each one is, and what it has cost so far. */
import { asc, eq, inArray } from 'drizzle-orm';
import type { Page } from '../../../shared/contract/api/common.ts';
import type { Attempt, Search } from '../../../shared/contract/api/searches.ts';
import type { ProgressRecord, StepRecord } from '../../../shared/contract/progress.ts';
import { attempts, orders } from '../../../shared/db/schema/index.ts';
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import type { SearchDeps } from '../searches/deps.ts';
import { lastRecords } from '../searches/last-words.ts';
import { listSearches, type SearchQuery } from '../searches/read.ts';

export interface SearchOverview extends Search {
  /** name of the space, or of one's own */
  space: string;
  /** the latest step of one that runs; null before the first, and once it has ended */
  latest: StepRecord | null;
  costUsd: number;
}

type Deps = Pick<SearchDeps, 'db' | 'store' | 'clock'>;

/** Newest first. */
export async function searchOverview(deps: Deps, tenantId: string, query: SearchQuery): Promise<Page<SearchOverview>> {
  const { items, next } = await listSearches(deps, tenantId, query);
  if (items.length === 0) return { items: [], next };
  const { db, store, clock } = deps;
  const searchIds = items.map(({ id }) => id);
  const ran = await db.select().from(attempts).where(inArray(attempts.searchId, searchIds)).orderBy(asc(attempts.n));
  const orderIds = [...new Set(items.map(({ orderId }) => orderId))];
  const asked = await db
    .select({ id: orders.id, request: orders.request })
    .from(orders)
    .where(inArray(orders.id, orderIds));
  const requests = new Map(asked.map(({ id, request }) => [id, request]));
  const latest = await Promise.all(
    items.map(({ id, state }) =>
      isTerminal(state) || state === 'queued' ? null : latestStep(store, searchPrefixOf(tenantId, id)),
    ),
  );
  return {
    items: items.map((search, i) => ({
      ...search,
      space: spaceName(requests.get(search.orderId)?.space),
      latest: latest[i]!,
      costUsd: costSoFar(
        ran
          .filter(({ searchId }) => searchId === search.id)
          .map((row) => ({
            startedAt: row.startedAt,
            computeSeconds: row.gpuSeconds,
            pricePerHourUsd: (row.pricePerHourMicroUsd ?? 0) / 1e6,
          })),
        clock.now(),
      ),
    })),
    next,
  };
}

interface Ran {
  startedAt: Date | null;
  /** null while it runs */
  computeSeconds: Attempt['computeSeconds'];
  pricePerHourUsd: number;
}

/** In US dollars: attempts that ended by their seconds, one that runs by the time since its start. */
export function costSoFar(ran: readonly Ran[], now: Date): number {
  return ran.reduce((sum, { startedAt, computeSeconds, pricePerHourUsd }) => {
    const running = startedAt === null ? 0 : Math.max(0, now.getTime() - startedAt.getTime()) / 1000;
    return sum + ((computeSeconds ?? running) / 3600) * pricePerHourUsd;
  }, 0);
}

/** Of an order's request. */
export async function spaceOfOrder({ db }: Pick<Deps, 'db'>, orderId: string): Promise<string> {
  const [row] = await db.select({ request: orders.request }).from(orders).where(eq(orders.id, orderId));
  return spaceName(row?.request.space);
}

function spaceName(space: unknown): string {
  if (typeof space === 'string') return space;
  const name = (space as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : 'own space';
}

/** What cannot be read now is not worth failing a whole list for. */
async function latestStep(store: Deps['store'], prefix: string): Promise<StepRecord | null> {
  const records = await lastRecords(store, prefix).catch((): ProgressRecord[] => []);
  return records.findLast((record) => record.type === 'step') ?? null;
}
