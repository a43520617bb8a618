import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ProgressRecord, progressRecordSchema } from '../../shared/contract/progress.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { ProgressWriter } from './progress-writer.ts';

let store: ObjectStore;

beforeEach(async () => {
  store = new DirectoryStore(await mkdtemp(join(tmpdir(), 'fastpath-progress-')));
});

const note = (step: number, message: string): ProgressRecord => ({ type: 'note', step, level: 'info', message });

async function segments(): Promise<Map<string, ProgressRecord[]>> {
  const found = new Map<string, ProgressRecord[]>();
  for await (const { key } of store.list('s/progress/')) {
    const lines = Buffer.from((await store.get(key))!.bytes)
      .toString()
      .trim()
      .split('\n');
    found.set(
      key,
      lines.map((line) => progressRecordSchema.parse(JSON.parse(line))),
    );
  }
  return found;
}

describe('the progress writer', () => {
  it('writes one JSON line per record, in order', async () => {
    const writer = await ProgressWriter.open(store, 's');
    await writer.write(note(1, 'first'));
    await writer.write(note(2, 'second'));
    expect([...(await segments())]).toEqual([['s/progress/000001.jsonl', [note(1, 'first'), note(2, 'second')]]]);
    expect(writer.lastStep).toBe(2);
  });

  it('goes on in a segment of its own after an attempt that was killed', async () => {
    await (await ProgressWriter.open(store, 's')).write(note(1, 'first attempt'));
    await (await ProgressWriter.open(store, 's')).write(note(1, 'second attempt'));
    expect([...(await segments()).keys()]).toEqual(['s/progress/000001.jsonl', 's/progress/000002.jsonl']);
  });

  it('begins a new segment before one exceeds a megabyte, and loses nothing', async () => {
    const writer = await ProgressWriter.open(store, 's');
    const long = 'x'.repeat(300_000);
    for (let step = 1; step <= 7; step++) await writer.write(note(step, long));
    const found = await segments();
    expect(found.size).toBe(3);
    expect([...found.values()].flat().map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    for await (const { size } of store.list('s/progress/')) expect(size).toBeLessThanOrEqual(1_000_000);
  });

  it('refuses a record that readers could not parse', async () => {
    const writer = await ProgressWriter.open(store, 's');
    await expect(writer.write(note(-1, 'before the start'))).rejects.toThrow();
  });
});
