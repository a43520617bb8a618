/** @file The networks that a tenant's latest searches were for. */
import { and, desc, eq } from 'drizzle-orm';
import { accuracyOf, type ComparedNetwork } from '../../../shared/comparison/compare.ts';
import { metricsSchema } from '../../../shared/contract/result.ts';
import type { Db } from '../../../shared/db/db.ts';
import { architectures } from '../../../shared/db/schema/index.ts';

/** Newest first, ready to be compared. */
export async function recentResults({ db }: { db: Db }, tenantId: string, limit: number): Promise<ComparedNetwork[]> {
  const rows = await db
    .select()
    .from(architectures)
    .where(and(eq(architectures.tenantId, tenantId), eq(architectures.role, 'result')))
    .orderBy(desc(architectures.createdAt))
    .limit(limit);
  return rows.map(({ id, body, metrics }) => ({
    name: id,
    architecture: body,
    accuracy: accuracyOf(metricsSchema.parse(metrics)),
    baseline: false,
  }));
}
