/** @file What a tenant used in a month, in total and by search. */
import { and, asc, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '../../../shared/db/db.ts';
import { usageEvents } from '../../../shared/db/schema/index.ts';
import type { Month } from '../month.ts';

export interface SearchUsage {
  searchId: string;
  attempts: number;
  gpuSeconds: number;
  costMicroUsd: number;
}

export interface MonthlyUsage {
  /** `2026-11`, UTC */
  month: string;
  predictions: number;
  gpuSeconds: number;
  /** bytes × days, one sample a day */
  storedByteDays: number;
  costMicroUsd: number;
  /** by first use */
  searches: SearchUsage[];
}

/** An attempt counts in the month in which it stopped. */
export async function monthlyUsage({ db }: { db: Db }, tenantId: string, month: Month): Promise<MonthlyUsage> {
  const { predictions, gpuSeconds, bytes, costMicroUsd, searchId, at } = usageEvents;
  const inMonth = and(eq(usageEvents.tenantId, tenantId), gte(at, month.start), lt(at, month.end));
  const [totals] = await db
    .select({
      predictions: sql`coalesce(sum(${predictions}), 0)`.mapWith(Number),
      gpuSeconds: sql`coalesce(sum(${gpuSeconds}), 0)`.mapWith(Number),
      storedByteDays: sql`coalesce(sum(${bytes}), 0)`.mapWith(Number),
      costMicroUsd: sql`coalesce(sum(${costMicroUsd}), 0)`.mapWith(Number),
    })
    .from(usageEvents)
    .where(inMonth);
  const searches = await db
    .select({
      searchId: sql<string>`${searchId}`,
      attempts: sql`count(*)`.mapWith(Number),
      gpuSeconds: sql`sum(${gpuSeconds})`.mapWith(Number),
      costMicroUsd: sql`sum(${costMicroUsd})`.mapWith(Number),
    })
    .from(usageEvents)
    .where(and(inMonth, eq(usageEvents.kind, 'gpu-seconds')))
    .groupBy(searchId)
    .orderBy(asc(sql`min(${at})`), asc(searchId));
  return { month: month.name, ...totals!, searches };
}
