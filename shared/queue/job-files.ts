/**
 * @file Jobs on disk: a folder a job with its record, and for each attempt its output and its exit code. A record is
 * replaced by renaming, so that a kill at any instant leaves the old or the new one. Not synced: power loss may take the
 * last seconds.
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type JobRecord, jobRecordSchema } from './job-record.ts';

export class JobFiles {
  /** the latest write of each job that is not yet done */
  private readonly writes = new Map<string, Promise<void>>();

  constructor(private readonly directory: string) {}

  /** Writes the record as it is now, behind earlier writes of the same job. */
  save(record: JobRecord): Promise<void> {
    const { id } = record.job;
    const text = `${JSON.stringify(record, null, 1)}\n`;
    const write = (this.writes.get(id) ?? Promise.resolve()).catch(() => {}).then(() => this.write(id, text));
    this.writes.set(id, write);
    const forget = () => {
      if (this.writes.get(id) === write) this.writes.delete(id);
    };
    write.then(forget, forget);
    return write;
  }

  /** When what was to be written is written. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.writes.values());
  }

  /** Every record that can be read, and the folders of those that cannot. */
  async load(): Promise<{ records: JobRecord[]; damaged: string[] }> {
    const records: JobRecord[] = [];
    const damaged: string[] = [];
    const names = await readdir(this.directory).catch(() => []);
    for (const name of names) {
      const text = await readFile(join(this.directory, name, 'job.json'), 'utf8').catch(() => null);
      const record = jobRecordSchema.safeParse(parseJson(text));
      if (record.success) records.push(record.data);
      else damaged.push(join(this.directory, name));
    }
    return { records, damaged };
  }

  log(id: string, attempt: number): string {
    return join(this.directory, id, `${attempt}.log`);
  }

  exit(id: string, attempt: number): string {
    return join(this.directory, id, `${attempt}.exit`);
  }

  async remove(id: string): Promise<void> {
    await rm(join(this.directory, id), { recursive: true, force: true });
  }

  private async write(id: string, text: string): Promise<void> {
    const folder = join(this.directory, id);
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'job.json');
    await writeFile(`${path}.new`, text);
    await rename(`${path}.new`, path);
  }
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}
