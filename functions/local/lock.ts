/**
 * @file One runner a search on this machine. Each process that works on a search keeps an empty file named by its id
 * and start in the search's folder: it first writes its own, then looks for others that live. Of two that start at once
 * at least one sees the other, and clearing a dead one's file can never remove a live one's, whatever the timing.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FastpathError } from '../../shared/errors.ts';
import { processStart } from '../../shared/process-start.ts';

export class SearchLock {
  private readonly names: string[] = [];

  private constructor(private readonly folder: string) {}

  /**
   * Takes the search in `searchFolder` for this process.
   * @throws FastpathError `search.running` where a live process has it
   */
  static async take(searchFolder: string): Promise<SearchLock> {
    const lock = new SearchLock(join(searchFolder, 'running'));
    await mkdir(lock.folder, { recursive: true });
    await lock.add('command', process.pid);
    const other = await lock.findOther();
    if (other === null) return lock;
    await lock.release();
    throw new FastpathError(
      'search.running',
      `process ${other} already runs exactly this job: wait for it to end, or stop it with kill ${other}`,
      { retry: true },
    );
  }

  /** Writes down the worker too: it may outlive this process, and the search is taken as long as it runs. */
  async addWorker(pid: number): Promise<void> {
    await this.add('worker', pid);
  }

  async release(): Promise<void> {
    for (const name of this.names.splice(0)) await rm(join(this.folder, name), { force: true });
  }

  private async add(role: 'command' | 'worker', pid: number): Promise<void> {
    const start = await processStart(pid);
    // A worker that died at once leaves nothing to write down.
    if (start === null) return;
    const name = `${role}-${pid}-${start}`;
    await writeFile(join(this.folder, name), '');
    this.names.push(name);
  }

  /** The id of another live process, workers first: stopping the worker is what ends the job. */
  private async findOther(): Promise<number | null> {
    const names = (await readdir(this.folder)).filter((name) => !this.names.includes(name));
    const alive: string[] = [];
    for (const name of names) {
      const [, pid, start] = name.split('-');
      if ((await processStart(Number(pid))) === start) alive.push(name);
      else await rm(join(this.folder, name), { force: true });
    }
    const first = alive.sort().at(-1);
    return first === undefined ? null : Number(first.split('-')[1]);
  }
}
