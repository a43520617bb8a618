/** @file The state of a measurement between two runs of the command: written whole after every round. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { decodeState, encodeState } from '../../../shared/latency/measuring/session-state.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { homeDirectory } from '../home.ts';
import { SearchLock } from '../lock.ts';

export class SavedSession {
  private constructor(
    private readonly store: DirectoryStore,
    private readonly id: string,
    private readonly lock: SearchLock,
  ) {}

  /**
   * @param setting all that timings depend on: the same setting goes on where it stopped
   * @throws FastpathError `search.running` where another process measures just that
   */
  static async open(setting: unknown): Promise<SavedSession> {
    const id = createHash('sha256').update(JSON.stringify(setting)).digest('hex').slice(0, 16);
    const home = homeDirectory();
    const lock = await SearchLock.take(join(home, 'tenants/local/measuring', id));
    return new SavedSession(new DirectoryStore(home), id, lock);
  }

  /** Microseconds in the order of the schedule; empty where nothing whole was saved. */
  async load(visits: number): Promise<number[]> {
    const stored = await this.store.get(this.key);
    return (stored && decodeState(stored.bytes, this.id, visits)) ?? [];
  }

  async save(samplesUs: readonly number[]): Promise<void> {
    await this.store.put(this.key, encodeState(this.id, samplesUs));
  }

  /** After the table is saved: the same command then measures anew. */
  async forget(): Promise<void> {
    await this.store.delete(this.key);
  }

  async release(): Promise<void> {
    await this.lock.release();
  }

  private get key(): string {
    return `tenants/local/measuring/${this.id}/state.json`;
  }
}
