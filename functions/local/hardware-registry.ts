/**
 * @file The hardware that the CLI knows: what ships, and what was measured or imported on this machine. Each version of
 * a table stays as it was written; `latest.json` names the one that counts.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { type Hardware, hardwareSchema, type LatencyTable, latencyTableSchema } from '../../shared/contract/latency.ts';
import { type LatencyModelData, latencyModelSchema } from '../../shared/contract/latency-model.ts';
import { FastpathError } from '../../shared/errors.ts';
import { builtInHardware, builtInTable, builtInTables } from '../../shared/latency/built-in.ts';
import { builtInModel } from '../../shared/latency/built-in-models.ts';
import { fitLatencyModel } from '../../shared/latency/fit/fit-model.ts';
import { checkSameHardware, mergeTables } from '../../shared/latency/merge-tables.ts';
import { unknownHardware } from '../../shared/latency/nearest-ids.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore, WriteCondition } from '../../shared/store/object-store.ts';
import { homeDirectory } from './home.ts';

const prefix = 'tenants/local/latency-tables';
/** The model of each version of a table, under that version. */
const modelPrefix = 'tenants/local/latency-models';
const pointerSchema = z.strictObject({ version: z.string().regex(/^[0-9a-f]{16}$/) });
/** Rivals that save rows of one hardware at the same time: each wins at some time. */
const attempts = 20;

export interface KnownHardware extends Hardware {
  /** `public` ships with the project, `own` was measured or imported here */
  scope: 'public' | 'own';
}

export interface Saved {
  /** as it is now, earlier rows of the same hardware included */
  table: LatencyTable;
  /** whether rows were added to hardware that was known already */
  merged: boolean;
}

export class HardwareRegistry {
  constructor(private readonly store: ObjectStore) {}

  /**
   * All hardware, what ships first.
   * @param onUnreadable told of own hardware whose table cannot be read; the others are listed all the same
   */
  async listHardware(onUnreadable: (error: FastpathError) => void = () => {}): Promise<KnownHardware[]> {
    const listed: KnownHardware[] = builtInHardware().map((hardware) => ({ ...hardware, scope: 'public' }));
    for (const id of await this.ownIds()) {
      try {
        const read = await this.readOwn(id);
        if (read !== null) listed.push({ ...read.table.hardware, scope: 'own' });
      } catch (error) {
        if (!(error instanceof FastpathError)) throw error;
        onUnreadable(error);
      }
    }
    return listed;
  }

  /**
   * The latency table of own or shipped hardware.
   * @throws FastpathError `latency.unknown-hardware`, which suggests ids there are; `hardware.damaged`
   */
  async findTable(id: string): Promise<LatencyTable> {
    const table = (await this.findOwn(id)) ?? builtInTable(id);
    if (table !== undefined) return table;
    throw unknownHardware(id, [...(await this.ownIds()), ...builtInHardware().map((hardware) => hardware.id)]);
  }

  /**
   * The latency model of own or shipped hardware: the one stored with its table, or fitted now where none is.
   * @throws FastpathError as `findTable` does; `latency.nothing-timed`
   */
  async findModel(id: string): Promise<LatencyModelData> {
    const shipped = builtInModel(id);
    if (shipped !== undefined) return shipped;
    const pointer = hardwareSchema.shape.id.safeParse(id).success ? await this.readPointer(id) : null;
    const stored = pointer === null ? null : await this.store.get(modelKey(id, pointer.version));
    const kept = stored === null ? null : readModel(stored.bytes);
    return kept ?? fitLatencyModel(await this.findTable(id), builtInTables);
  }

  /** Fits the model ahead of its first use. Whole networks alone make none; their table waits for blocks. */
  private async keepModel(table: LatencyTable): Promise<void> {
    if (Object.keys(table.entries).length === 0) return;
    const version = versionOf(encode(table));
    await this.store.put(modelKey(table.hardware.id, version), encode(fitLatencyModel(table, builtInTables)));
  }

  /** The table of own hardware, or null where that id is not one's own. */
  async findOwn(id: string): Promise<LatencyTable | null> {
    if (!hardwareSchema.shape.id.safeParse(id).success) return null;
    return (await this.readOwn(id))?.table ?? null;
  }

  /**
   * Makes the hardware known. Where it is already, the rows are added to those there are; of a row in both the new
   * one counts.
   * @throws FastpathError `hardware.public` for the id of shipped hardware, `hardware.differs` for rows of another
   * device under a known id
   */
  async saveTable(table: LatencyTable): Promise<Saved> {
    const { id } = table.hardware;
    checkOwn(id);
    for (let attempt = 1; ; attempt++) {
      const old = await this.readOwn(id);
      const saved = latencyTableSchema.parse(old === null ? table : mergeTables(old.table, table));
      try {
        await this.write(saved, old === null ? { ifNoneMatch: '*' } : { ifMatch: old.etag });
        await this.keepModel(saved);
        return { table: saved, merged: old !== null };
      } catch (error) {
        if (!(error instanceof FastpathError)) throw this.notWritten(error as NodeJS.ErrnoException);
        if (error.code !== 'store.precondition' || attempt === attempts) throw error;
      }
    }
  }

  /**
   * Whether rows of this hardware could be saved: to be asked before the work of getting them.
   * @throws FastpathError as `saveTable` does
   */
  async checkSavable(hardware: Hardware): Promise<void> {
    checkOwn(hardware.id);
    const old = await this.findOwn(hardware.id);
    if (old !== null) checkSameHardware(old.hardware, hardware);
  }

  private async ownIds(): Promise<string[]> {
    const ids: string[] = [];
    for await (const { key } of this.store.list(`${prefix}/`)) {
      if (key.endsWith('/latest.json')) ids.push(key.split('/').at(-2)!);
    }
    return ids;
  }

  private async readOwn(id: string): Promise<{ table: LatencyTable; etag: string } | null> {
    const pointer = await this.readPointer(id);
    if (pointer === null) return null;
    const key = `${prefix}/${id}/${pointer.version}.json`;
    const stored = await this.store.get(key);
    return { table: this.parse(latencyTableSchema, stored?.bytes ?? new Uint8Array(), key), etag: pointer.etag };
  }

  private async readPointer(id: string): Promise<{ version: string; etag: string } | null> {
    const key = `${prefix}/${id}/latest.json`;
    const pointer = await this.store.get(key);
    return pointer === null ? null : { ...this.parse(pointerSchema, pointer.bytes, key), etag: pointer.etag };
  }

  private async write(table: LatencyTable, condition: WriteCondition): Promise<void> {
    const bytes = encode(table);
    const version = versionOf(bytes);
    const folder = `${prefix}/${table.hardware.id}`;
    await this.store.put(`${folder}/${version}.json`, bytes);
    await this.store.put(`${folder}/latest.json`, encode({ version }), condition);
  }

  private notWritten(cause: NodeJS.ErrnoException): FastpathError {
    const message = `cannot write to ${this.store.uri} (${cause.code ?? cause.message}): set FASTPATH_HOME to a folder of yours`;
    return new FastpathError('home.unusable', message, { cause });
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

function versionOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

/** Null for a model of another version of Fastpath: it is fitted again. */
function readModel(bytes: Uint8Array): LatencyModelData | null {
  try {
    return latencyModelSchema.parse(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
}

function modelKey(id: string, version: string): string {
  return `${modelPrefix}/${id}/${version}.json`;
}

function checkOwn(id: string): void {
  if (builtInTable(id) === undefined) return;
  throw new FastpathError(
    'hardware.public',
    `hardware ${id} ships with Fastpath and stays as it is: choose another id`,
  );
}

/** The registry under FASTPATH_HOME. */
export function openRegistry(): HardwareRegistry {
  return new HardwareRegistry(new DirectoryStore(homeDirectory()));
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
