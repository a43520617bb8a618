/** @file All networks that a search found. */
import { and, asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { type Metrics, metricsSchema } from '../../../shared/contract/result.ts';
import type { Db } from '../../../shared/db/db.ts';
import { architectures } from '../../../shared/db/schema/index.ts';

export interface FoundNetwork {
  id: string;
  architecture: Architecture;
  macs: number;
  parameters: number;
  /** on the search's first hardware */
  latencyMs: number;
  /** share of validation or test images classified right; null where it was not measured */
  accuracy: number | null;
}

export interface Found {
  /** what the search was for; null before its end */
  result: (FoundNetwork & { metrics: Metrics }) | null;
  /** for other budgets, from the same supernet */
  others: FoundNetwork[];
}

/** What is written down of a Pareto point. */
const pointSchema = z.object({ latencyMs: z.number(), supernetTop1: z.number().nullable() });

export async function networksOf({ db }: { db: Db }, tenantId: string, searchId: string): Promise<Found> {
  const rows = await db
    .select()
    .from(architectures)
    .where(and(eq(architectures.tenantId, tenantId), eq(architectures.searchId, searchId)))
    .orderBy(asc(architectures.macs), asc(architectures.id));
  let result: Found['result'] = null;
  const others: FoundNetwork[] = [];
  for (const { id, role, body, macs, parameters, metrics } of rows) {
    const network = { id, architecture: body, macs, parameters };
    if (role === 'result') {
      const read = metricsSchema.parse(metrics);
      const latencyMs = read.latency[0]?.latencyMs ?? 0;
      result = { ...network, latencyMs, accuracy: read.evaluation.top1, metrics: read };
    } else {
      const { latencyMs, supernetTop1 } = pointSchema.parse(metrics);
      others.push({ ...network, latencyMs, accuracy: supernetTop1 });
    }
  }
  return { result, others };
}
