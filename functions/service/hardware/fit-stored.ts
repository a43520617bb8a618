/**
 * @file Fits the latency model of stored timings and writes it where predictions find it: `{version}.json`, which never
 * changes, then `latest.json`. Public hardware and the tenant's own teach it what devices have in common.
 */
import { z } from 'zod';
import { hardwareSchema, type LatencyTable } from '../../../shared/contract/latency.ts';
import { type LatencyModelData, latencyModelSchema } from '../../../shared/contract/latency-model.ts';
import { publicTenant } from '../../../shared/contract/tenants.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { builtInTables } from '../../../shared/latency/built-in.ts';
import { type LatestModel, latestKey, modelsFolder, versionKey } from '../../../shared/store/hardware-keys.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { LatencyTables } from './latency-tables.ts';

/** `fitLatencyModel`, here or in a thread. */
export type FitModel = (
  table: LatencyTable,
  others: readonly LatencyTable[],
) => LatencyModelData | Promise<LatencyModelData>;

const latestSchema: z.ZodType<LatestModel> = z.strictObject({
  version: z.string().regex(/^[0-9a-f]{16}$/),
  tableVersion: z.string().regex(/^[0-9a-f]{16}$/),
  hardware: hardwareSchema,
});
/** Devices learnt from, beside those that ship: each costs time and the first tell most. */
const mostSources = 20;
const attempts = 5;

export interface StoredModel {
  model: LatencyModelData;
  objectKey: string;
}

/**
 * The model of the tenant's hardware as its table is now: the stored one where it is that already, a new one otherwise.
 * @returns null where there is no such table
 * @throws FastpathError `latency.nothing-timed`, `latency.no-model`, `hardware.damaged`, `store.precondition` where rivals never let it win
 */
export async function fitStored(
  { store, fitModel }: { store: ObjectStore; fitModel: FitModel },
  tenantId: string,
  id: string,
): Promise<StoredModel | null> {
  const tables = new LatencyTables(store, tenantId);
  const folder = modelsFolder(tenantId);
  const latest = latestKey(folder, id);
  for (let attempt = 1; ; attempt++) {
    const current = await tables.read(id);
    if (current === null) return null;
    const pointer = await store.get(latest);
    const named = pointer === null ? null : parsed(latestSchema, pointer.bytes);
    if (named?.tableVersion === current.version) {
      const objectKey = versionKey(folder, id, named.version);
      const kept = await store.get(objectKey);
      // One of another version of Fastpath is fitted again.
      const model = kept === null ? null : parsed(latencyModelSchema, kept.bytes);
      if (model !== null) return { model, objectKey };
    }
    const others = await sources(store, tenantId, current.table);
    const model = checkedModel(await fitModel(current.table, others));
    const { version, hardware } = model;
    const objectKey = versionKey(folder, id, version);
    await store.put(objectKey, encoded(model));
    const condition = pointer === null ? ({ ifNoneMatch: '*' } as const) : { ifMatch: pointer.etag };
    const next: LatestModel = { version, tableVersion: current.version, hardware };
    try {
      await store.put(latest, encoded(next), condition);
      return { model, objectKey };
    } catch (error) {
      const lost = error instanceof FastpathError && error.code === 'store.precondition';
      if (!lost || attempt === attempts) throw error;
    }
  }
}

/** Whether there is a table to fit a model to, and the model that is served is not that. */
export async function isStale(store: ObjectStore, tenantId: string, id: string): Promise<boolean> {
  const tables = new LatencyTables(store, tenantId);
  const pointer = await store.get(latestKey(modelsFolder(tenantId), id));
  const named = pointer === null ? null : parsed(latestSchema, pointer.bytes);
  if (named !== null && named.tableVersion === (await tables.version(id))) return false;
  const current = await tables.read(id);
  return current !== null && Object.keys(current.table.entries).length > 0;
}

/** A model of finite numbers. */
function checkedModel(model: LatencyModelData): LatencyModelData {
  const checked = latencyModelSchema.safeParse(model);
  if (checked.success) return checked.data;
  throw new FastpathError(
    'latency.no-model',
    `no model fits the timings of ${model.hardware.id}: their numbers are too far apart to be of one device`,
    { cause: checked.error },
  );
}

/** What ships, the operator's public hardware, and the tenant's own; a table that cannot be read teaches nothing. */
async function sources(store: ObjectStore, tenantId: string, { hardware }: LatencyTable): Promise<LatencyTable[]> {
  const others: LatencyTable[] = [];
  for (const tenant of new Set([publicTenant, tenantId])) {
    const tables = new LatencyTables(store, tenant);
    for (const id of await tables.ids()) {
      if (others.length === mostSources) break;
      if (tenant === tenantId && id === hardware.id) continue;
      const stored = await tables.read(id).catch((error: unknown) => {
        if (error instanceof FastpathError && error.code === 'hardware.damaged') return null;
        throw error;
      });
      if (stored !== null && Object.keys(stored.table.entries).length > 0) others.push(stored.table);
    }
  }
  return [...builtInTables, ...others];
}

function parsed<T>(schema: z.ZodType<T>, bytes: Uint8Array): T | null {
  try {
    return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
}

function encoded(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
