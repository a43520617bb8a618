import { isDeepStrictEqual } from 'node:util';
import { and, count, eq, inArray } from 'drizzle-orm';
import type { AddedMeasurements, AddMeasurements } from '../../../shared/contract/api/measurements.ts';
import type { Transaction } from '../../../shared/db/db.ts';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import { measurements } from '../../../shared/db/schema/measurements.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { checkPlausibleSpeed } from '../../../shared/latency/import/plausible-speed.ts';
import type { HardwareDeps } from './deps.ts';
import { findOwnHardware, hardwareDetail } from './find-hardware.ts';
import { rowsOf, type Timed, timedOf } from './measurement-rows.ts';

/** Of one hardware: fitting takes time that grows with the square of its whole networks, and no device needs more. */
const most = { block: 20_000, network: 1_000 } as const;
/** Rows of one statement: the RDS Data API bears no long ones. */
const rowsPerInsert = 200;

/**
 * Adds measurements to own hardware: all of them, or none. What is there already under its item's name is left as it is.
 * @param sessionId of the measurement session that sent them, or null
 * @throws FastpathError `hardware.unknown`, `hardware.public`, `measurement.invalid`, `measurement.item-reuse`,
 * `measurement.too-many`, `import.implausible`
 */
export async function addMeasurements(
  deps: HardwareDeps,
  tenantId: string,
  id: string,
  { measurements: sent, anySpeed }: AddMeasurements,
  sessionId: string | null,
): Promise<AddedMeasurements> {
  const { db, clock } = deps;
  const { batchSize } = await findOwnHardware(deps, tenantId, id);
  const now = clock.now();
  const timed = timedOf(sent, now);
  if (!anySpeed) checkPlausibleSpeed(rowsOf(timed), batchSize, '"anySpeed": true');
  const added = await transact(db, async (tx) => {
    const own = and(eq(hardware.tenantId, tenantId), eq(hardware.id, id));
    // One upload at a time, so that all up to a number are there once that number is.
    const [row] = await tx.select({ uploads: hardware.uploads }).from(hardware).where(own).for('update');
    if (row === undefined) throw new FastpathError('hardware.unknown', `hardware ${id} was deleted just now`);
    const fresh = await newOnes(tx, tenantId, id, timed);
    if (fresh.length === 0) return 0;
    await checkRoom(tx, tenantId, id, fresh);
    const upload = row.uploads + 1;
    const common = { tenantId, hardwareId: id, upload, sessionId, createdAt: now };
    for (let from = 0; from < fresh.length; from += rowsPerInsert) {
      const rows = fresh.slice(from, from + rowsPerInsert).map((each) => ({ ...common, ...each }));
      await tx.insert(measurements).values(rows);
    }
    await tx.update(hardware).set({ uploads: upload }).where(own);
    return fresh.length;
  });
  const { modelVersion, modelState } = await hardwareDetail(deps, tenantId, id);
  return { hardware: id, added, known: timed.length - added, modelVersion, modelState };
}

/** Those that are not there yet. */
async function newOnes(tx: Transaction, tenantId: string, id: string, timed: readonly Timed[]): Promise<Timed[]> {
  const names = timed.map(({ item }) => item);
  const rows = await tx
    .select()
    .from(measurements)
    .where(
      and(eq(measurements.tenantId, tenantId), eq(measurements.hardwareId, id), inArray(measurements.item, names)),
    );
  const known = new Map(rows.map((row) => [row.item, said(row)]));
  return timed.filter((each) => {
    const before = known.get(each.item);
    if (before === undefined) return true;
    if (isDeepStrictEqual(before, said(each))) return false;
    const message = `item ${each.item} was sent before and said something else: give what is new a new name; nothing was imported`;
    throw new FastpathError('measurement.item-reuse', message);
  });
}

/** What must be the same when a measurement is sent again. */
function said({ kind, latencyUs, spreadUs, count: timings, body }: Timed) {
  return { kind, latencyUs, spreadUs, timings, body };
}

async function checkRoom(tx: Transaction, tenantId: string, id: string, fresh: readonly Timed[]): Promise<void> {
  const held = await tx
    .select({ kind: measurements.kind, count: count() })
    .from(measurements)
    .where(and(eq(measurements.tenantId, tenantId), eq(measurements.hardwareId, id)))
    .groupBy(measurements.kind);
  for (const kind of ['block', 'network'] as const) {
    const before = held.find((row) => row.kind === kind)?.count ?? 0;
    const more = fresh.filter((each) => each.kind === kind).length;
    if (before + more <= most[kind]) continue;
    const what = kind === 'block' ? 'blocks' : 'whole networks';
    const message = `hardware ${id} has ${before} measurements of ${what}, and ${more} more are over ${most[kind]}: make new hardware; nothing was imported`;
    throw new FastpathError('measurement.too-many', message);
  }
}
