/** @file After measurements came in: the hardware's table gets them, and its model is fitted anew. Takes seconds of CPU. */
import { and, asc, eq, gt, lte, sql } from 'drizzle-orm';
import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import { hardware } from '../../../shared/db/schema/hardware.ts';
import { latencyModels } from '../../../shared/db/schema/latency-models.ts';
import { measurements } from '../../../shared/db/schema/measurements.ts';
import { transact } from '../../../shared/db/transact.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { tableOfRows } from '../../../shared/latency/import/imported-table.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { deleteTimings } from './delete-hardware.ts';
import { ownHardware } from './find-hardware.ts';
import { type FitModel, fitStored, isStale, type StoredModel } from './fit-stored.ts';
import { describedHardware, type HardwareRow } from './hardware-view.ts';
import { LatencyTables } from './latency-tables.ts';
import { driftOf, rowsOf } from './measurement-rows.ts';

export interface RefitDeps {
  db: Db;
  store: ObjectStore;
  clock: Clock;
  fitModel: FitModel;
  /** told of a tenant whose models changed */
  changed(tenantId: string): void;
}

/** What the measurements themselves are at fault for. */
const noModel = ['latency.nothing-timed', 'latency.no-model'];

/**
 * Brings the model of one hardware up to all that is measured. May run twice at once, or again after it broke off: each
 * step finds what is done. What makes no model is written down as the hardware's problem.
 */
export async function refitHardware(deps: RefitDeps, tenantId: string, id: string): Promise<void> {
  const row = await ownHardware(deps, tenantId, id);
  if (row === null) return;
  await addToTable(deps, row);
  const fitted = await fitStored(deps, tenantId, id).catch((error: unknown) => {
    if (error instanceof FastpathError && noModel.includes(error.code)) return error;
    throw error;
  });
  if (!(await noteFit(deps, row, fitted))) await startOver(deps, row);
  deps.changed(tenantId);
}

/**
 * Refits all hardware that measurements wait for, oldest first.
 * @param onFailure told of each that failed; the others go on
 */
export async function refitWaiting(deps: RefitDeps, onFailure: (error: unknown) => void): Promise<void> {
  const waiting = await deps.db
    .select({ tenantId: hardware.tenantId, id: hardware.id })
    .from(hardware)
    .where(gt(hardware.uploads, hardware.uploadsFitted))
    .orderBy(asc(hardware.createdAt));
  for (const { tenantId, id } of waiting) await refitHardware(deps, tenantId, id).catch(onFailure);
}

/** The same for a tenant whose tables others write too, as the command line does on its own machine. */
export async function refitStale(deps: RefitDeps, tenantId: string, onFailure: (error: unknown) => void) {
  for (const id of await new LatencyTables(deps.store, tenantId).ids()) {
    try {
      if (await isStale(deps.store, tenantId, id)) await refitHardware(deps, tenantId, id);
    } catch (error) {
      onFailure(error);
    }
  }
}

/** Rows of uploads that the model does not hold; the later upload counts. */
async function addToTable({ db, store }: RefitDeps, row: HardwareRow): Promise<void> {
  const { tenantId, id, uploads, uploadsFitted } = row;
  if (uploads === uploadsFitted) return;
  const { upload, item } = measurements;
  const own = and(eq(measurements.tenantId, tenantId), eq(measurements.hardwareId, id));
  const timed = await db
    .select()
    .from(measurements)
    .where(and(own, gt(upload, uploadsFitted), lte(upload, uploads)))
    .orderBy(asc(upload), asc(item));
  const tables = new LatencyTables(store, tenantId);
  const overheadUs = (await tables.read(id))?.table.overheadUs ?? 0;
  const measuredAt = timed.reduce((last, each) => (each.measuredAt > last ? each.measuredAt : last), row.createdAt);
  await tables.save({
    ...tableOfRows(rowsOf(timed), describedHardware(row), overheadUs),
    measuredAt: measuredAt.toISOString(),
    ...driftOf(timed),
  });
}

/** What was fitted is of hardware that is gone; where there is new hardware of that id, all its uploads are to be fitted. */
async function startOver({ db, store }: RefitDeps, { tenantId, id }: HardwareRow): Promise<void> {
  await deleteTimings(store, tenantId, id);
  await db
    .update(hardware)
    .set({ uploadsFitted: 0 })
    .where(and(eq(hardware.tenantId, tenantId), eq(hardware.id, id)));
}

/** @returns false where the hardware was deleted meanwhile */
async function noteFit(
  { db, clock }: RefitDeps,
  { tenantId, id, uploads, createdAt }: HardwareRow,
  fitted: StoredModel | FastpathError | null,
): Promise<boolean> {
  const failed = fitted instanceof FastpathError ? fitted : null;
  return transact(db, async (tx) => {
    const kept = await tx
      .update(hardware)
      .set({
        uploadsFitted: sql`greatest(${hardware.uploadsFitted}, ${uploads})`,
        problemCode: failed?.code ?? null,
        problemMessage: failed?.message ?? null,
      })
      .where(and(eq(hardware.tenantId, tenantId), eq(hardware.id, id), eq(hardware.createdAt, createdAt)))
      .returning({ id: hardware.id });
    if (kept.length === 0) return false;
    if (fitted !== null && !(fitted instanceof FastpathError)) {
      const { model, objectKey } = fitted;
      const made = { tenantId, hardwareId: id, version: model.version, objectKey, createdAt: clock.now() };
      await tx.insert(latencyModels).values(made).onConflictDoNothing();
    }
    return true;
  });
}
