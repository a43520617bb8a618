/**
 * @file The hardware that the CLI knows: what ships, what was measured or imported on this machine, and what the operator
 * of a server on the same FASTPATH_HOME made public. Such a server reads and writes the same tables and models.
 */
import type { Hardware, LatencyTable } from '../../shared/contract/latency.ts';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { localTenant, publicTenant } from '../../shared/contract/tenants.ts';
import { FastpathError } from '../../shared/errors.ts';
import { builtInHardware, builtInTable } from '../../shared/latency/built-in.ts';
import { builtInModel } from '../../shared/latency/built-in-models.ts';
import { fitLatencyModel } from '../../shared/latency/fit/fit-model.ts';
import { unknownHardware } from '../../shared/latency/nearest-ids.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { fitStored } from '../service/hardware/fit-stored.ts';
import { LatencyTables, type Saved } from '../service/hardware/latency-tables.ts';
import { homeDirectory } from './home.ts';

export interface KnownHardware extends Hardware {
  /** `public` ships with the project or was made public by the operator, `own` was measured or imported here */
  scope: 'public' | 'own';
}

export class HardwareRegistry {
  private readonly tables: Readonly<Record<KnownHardware['scope'], LatencyTables>>;

  constructor(private readonly store: ObjectStore) {
    this.tables = {
      own: new LatencyTables(store, localTenant),
      public: new LatencyTables(store, publicTenant),
    };
  }

  /**
   * All hardware, what ships first.
   * @param onUnreadable told of hardware whose table cannot be read; the others are listed all the same
   */
  async listHardware(onUnreadable: (error: FastpathError) => void = () => {}): Promise<KnownHardware[]> {
    const listed: KnownHardware[] = builtInHardware().map((hardware) => ({ ...hardware, scope: 'public' }));
    for (const scope of ['public', 'own'] as const) {
      for (const id of await this.tables[scope].ids()) {
        try {
          const read = await this.tables[scope].read(id);
          if (read !== null) listed.push({ ...read.table.hardware, scope });
        } catch (error) {
          if (!(error instanceof FastpathError)) throw error;
          onUnreadable(error);
        }
      }
    }
    return listed;
  }

  /**
   * The latency table of own or public hardware.
   * @throws FastpathError `latency.unknown-hardware`, which suggests ids there are; `hardware.damaged`
   */
  async findTable(id: string): Promise<LatencyTable> {
    const table = (await this.findOwn(id)) ?? builtInTable(id) ?? (await this.tables.public.read(id))?.table;
    if (table !== undefined) return table;
    throw await this.unknown(id);
  }

  /**
   * The latency model of own or public hardware: the one stored for its table, or fitted now where none is.
   * @throws FastpathError as `findTable` does; `latency.nothing-timed`
   */
  async findModel(id: string): Promise<LatencyModelData> {
    const shipped = builtInModel(id);
    if (shipped !== undefined) return shipped;
    for (const tenant of [localTenant, publicTenant]) {
      const stored = await fitStored({ store: this.store, fitModel: fitLatencyModel }, tenant, id);
      if (stored !== null) return stored.model;
    }
    throw await this.unknown(id);
  }

  /** The table of own hardware, or null where that id is not one's own. */
  async findOwn(id: string): Promise<LatencyTable | null> {
    return (await this.tables.own.read(id))?.table ?? null;
  }

  /**
   * Makes the hardware known, as `LatencyTables.save` does, and fits its model ahead of its first use.
   * @throws FastpathError `hardware.public` for the id of public hardware; `hardware.differs`; `home.unusable`
   */
  async saveTable(table: LatencyTable): Promise<Saved> {
    const { id } = table.hardware;
    await this.checkOwn(id);
    try {
      const saved = await this.tables.own.save(table);
      // Whole networks alone make no model; their table waits for blocks.
      if (Object.keys(saved.table.entries).length > 0) await this.findModel(id);
      return saved;
    } catch (error) {
      throw error instanceof FastpathError ? error : this.notWritten(error as NodeJS.ErrnoException);
    }
  }

  /**
   * Whether rows of this hardware could be saved: to be asked before the work of getting them.
   * @throws FastpathError as `saveTable` does
   */
  async checkSavable(hardware: Hardware): Promise<void> {
    await this.checkOwn(hardware.id);
    await this.tables.own.checkSavable(hardware);
  }

  private async checkOwn(id: string): Promise<void> {
    const ships = builtInTable(id) !== undefined;
    if (!ships && (await this.tables.public.version(id)) === null) return;
    const why = ships ? 'ships with Fastpath' : "is the operator's";
    throw new FastpathError('hardware.public', `hardware ${id} ${why} and stays as it is: choose another id`);
  }

  private async unknown(id: string): Promise<FastpathError> {
    const ids = [...(await this.tables.own.ids()), ...(await this.tables.public.ids())];
    return unknownHardware(id, [...ids, ...builtInHardware().map((hardware) => hardware.id)]);
  }

  private notWritten(cause: NodeJS.ErrnoException): FastpathError {
    const message = `cannot write to ${this.store.uri} (${cause.code ?? cause.message}): set FASTPATH_HOME to a folder of yours`;
    return new FastpathError('home.unusable', message, { cause });
  }
}

/** The registry under FASTPATH_HOME. */
export function openRegistry(): HardwareRegistry {
  return new HardwareRegistry(new DirectoryStore(homeDirectory()));
}
