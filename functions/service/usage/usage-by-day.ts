/** @file What a tenant's month cost and computed, day by day. */
import { and, eq, gte, lt, sql } from 'drizzle-orm';
import type { Db } from '../../../shared/db/db.ts';
import { usageEvents } from '../../../shared/db/schema/index.ts';
import type { Month } from '../month.ts';

export interface DayOfUse {
  /** `2026-11-24`, UTC */
  day: string;
  computeSeconds: number;
  predictions: number;
  costUsd: number;
}

/** Every day of the month, those without use too. */
export async function usageByDay({ db }: { db: Db }, tenantId: string, month: Month): Promise<DayOfUse[]> {
  const { at, gpuSeconds, predictions, costMicroUsd } = usageEvents;
  const day = sql<string>`to_char(${at} at time zone 'UTC', 'YYYY-MM-DD')`;
  const used = await db
    .select({
      day,
      computeSeconds: sql`coalesce(sum(${gpuSeconds}), 0)`.mapWith(Number),
      predictions: sql`coalesce(sum(${predictions}), 0)`.mapWith(Number),
      costUsd: sql`coalesce(sum(${costMicroUsd}), 0) / 1e6`.mapWith(Number),
    })
    .from(usageEvents)
    .where(and(eq(usageEvents.tenantId, tenantId), gte(at, month.start), lt(at, month.end)))
    // By its place: a parameter in it would make it another expression.
    .groupBy(sql`1`);
  const byDay = new Map(used.map((row) => [row.day, row]));
  const days: DayOfUse[] = [];
  for (let time = month.start.getTime(); time < month.end.getTime(); time += 24 * 3600_000) {
    const name = new Date(time).toISOString().slice(0, 10);
    days.push(byDay.get(name) ?? { day: name, computeSeconds: 0, predictions: 0, costUsd: 0 });
  }
  return days;
}
