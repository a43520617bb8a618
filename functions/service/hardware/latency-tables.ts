/**
 * @file The latency tables of a tenant in the object store: all that was timed on its own hardware, whoever wrote it, the
 * API or the command line. Each version of a table stays as it was written; `latest.json` names the one that counts.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type Hardware,
  hardwareSchema,
  type LatencyTable,
  latencyTableSchema,
} from '../../../shared/contract/latency.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { checkSameHardware, mergeTables } from '../../../shared/latency/merge-tables.ts';
import { hardwareOfLatest, latestKey, tablesFolder, versionKey } from '../../../shared/store/hardware-keys.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';

const pointerSchema = z.strictObject({ version: z.string().regex(/^[0-9a-f]{16}$/) });
/** Rivals that save rows of one hardware at the same time: each wins at some time. */
const attempts = 20;

export interface StoredTable {
  table: LatencyTable;
  version: string;
}

export interface Saved {
  /** as it is now, earlier rows of the same hardware included */
  table: LatencyTable;
  /** whether rows were added to hardware that was known already */
  merged: boolean;
}

export class LatencyTables {
  private readonly folder: string;

  constructor(
    private readonly store: ObjectStore,
    tenantId: string,
  ) {
    this.folder = tablesFolder(tenantId);
  }

  /** Ids of all hardware that has a table. */
  async ids(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { key } of this.store.list(this.folder)) {
      const id = hardwareOfLatest(key);
      if (id !== null) ids.push(id);
    }
    return ids;
  }

  /** The table that counts, or null where there is none. @throws FastpathError `hardware.damaged` */
  async read(id: string): Promise<StoredTable | null> {
    return this.readLatest(id);
  }

  /** The version of the table that counts, or null where there is none. @throws FastpathError `hardware.damaged` */
  async version(id: string): Promise<string | null> {
    return (await this.readPointer(id))?.version ?? null;
  }

  /**
   * Makes the hardware known. Where it is already, the rows are added to those there are; of a row in both the new
   * one counts.
   * @throws FastpathError `hardware.differs` for rows of another device under a known id, `hardware.damaged`
   */
  async save(table: LatencyTable): Promise<Saved> {
    for (let attempt = 1; ; attempt++) {
      const old = await this.readLatest(table.hardware.id);
      const saved = latencyTableSchema.parse(old === null ? table : mergeTables(old.table, table));
      const bytes = new TextEncoder().encode(JSON.stringify(saved));
      const version = createHash('sha256').update(bytes).digest('hex').slice(0, 16);
      if (version === old?.version) return { table: saved, merged: true };
      const { id } = saved.hardware;
      await this.store.put(versionKey(this.folder, id, version), bytes);
      const condition = old === null ? ({ ifNoneMatch: '*' } as const) : { ifMatch: old.etag };
      try {
        const pointer = new TextEncoder().encode(JSON.stringify({ version }));
        await this.store.put(latestKey(this.folder, id), pointer, condition);
        return { table: saved, merged: old !== null };
      } catch (error) {
        const lost = error instanceof FastpathError && error.code === 'store.precondition';
        if (!lost || attempt === attempts) throw error;
      }
    }
  }

  /**
   * Whether rows of this hardware could be saved: to be asked before the work of getting them.
   * @throws FastpathError as `save` does
   */
  async checkSavable(hardware: Hardware): Promise<void> {
    const old = await this.readLatest(hardware.id);
    if (old !== null) checkSameHardware(old.table.hardware, hardware);
  }

  async delete(id: string): Promise<void> {
    await this.store.deletePrefix(`${this.folder}${id}/`);
  }

  private async readLatest(id: string): Promise<(StoredTable & { etag: string }) | null> {
    const pointer = await this.readPointer(id);
    if (pointer === null) return null;
    const key = versionKey(this.folder, id, pointer.version);
    const stored = await this.store.get(key);
    return { table: this.parse(latencyTableSchema, stored?.bytes ?? new Uint8Array(), key), ...pointer };
  }

  private async readPointer(id: string): Promise<{ version: string; etag: string } | null> {
    if (!hardwareSchema.shape.id.safeParse(id).success) return null;
    const key = latestKey(this.folder, id);
    const pointer = await this.store.get(key);
    return pointer === null ? null : { ...this.parse(pointerSchema, pointer.bytes, key), etag: pointer.etag };
  }

  private parse<T>(schema: z.ZodType<T>, bytes: Uint8Array, key: string): T {
    try {
      return schema.parse(JSON.parse(new TextDecoder().decode(bytes)));
    } catch (cause) {
      const message = `${join(this.store.uri, key)} is damaged, or of another version of Fastpath: move its folder away, then measure or import again`;
      throw new FastpathError('hardware.damaged', message, { cause });
    }
  }
}
