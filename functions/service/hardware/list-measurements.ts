import { and, asc, desc, eq, gt, lt, or } from 'drizzle-orm';
import type { Page, PageQuery } from '../../../shared/contract/api/common.ts';
import type { KeptMeasurement } from '../../../shared/contract/api/measurements.ts';
import { measurements } from '../../../shared/db/schema/measurements.ts';
import { FastpathError } from '../../../shared/errors.ts';
import type { HardwareDeps } from './deps.ts';
import { findOwnHardware } from './find-hardware.ts';
import { keptMeasurement } from './measurement-rows.ts';

/**
 * What was measured on own hardware through the API, the last upload first and by item within one.
 * @throws FastpathError `hardware.unknown`, `hardware.public`, `request.invalid` for an `after` that no page gave
 */
export async function listMeasurements(
  deps: Pick<HardwareDeps, 'db' | 'store' | 'clock'>,
  tenantId: string,
  id: string,
  { limit, after }: PageQuery,
): Promise<Page<KeptMeasurement>> {
  await findOwnHardware(deps, tenantId, id);
  const { upload, item } = measurements;
  const from = after === undefined ? null : placeOf(after);
  const rows = await deps.db
    .select()
    .from(measurements)
    .where(
      and(
        eq(measurements.tenantId, tenantId),
        eq(measurements.hardwareId, id),
        from === null ? undefined : or(lt(upload, from.upload), and(eq(upload, from.upload), gt(item, from.item))),
      ),
    )
    .orderBy(desc(upload), asc(item))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const next = rows.length > limit ? cursorOf(shown.at(-1)!) : null;
  return { items: shown.map(keptMeasurement), next };
}

function cursorOf({ upload, item }: { upload: number; item: string }): string {
  return Buffer.from(`${upload} ${item}`).toString('base64url');
}

function placeOf(cursor: string): { upload: number; item: string } {
  const [, upload, item] = /^([1-9]\d{0,8}) (\S+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (item !== undefined) return { upload: Number(upload), item };
  throw new FastpathError('request.invalid', 'query: after is none that a page gave: leave it out to begin anew');
}
