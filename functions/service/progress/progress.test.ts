import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ProgressRecord } from '../../../shared/contract/progress.ts';
import type { SearchState } from '../../../shared/search-state/search-state.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { progressKey } from '../../../shared/store/search-keys.ts';
import { eventStream } from './event-stream.ts';
import { Followers } from './followers.ts';
import { ProgressLog } from './progress-log.ts';

/** The directory store, with its reads of progress counted. */
class CountingStore extends DirectoryStore {
  reads = 0;
  override getIfChanged(key: string, etag: string | null) {
    this.reads++;
    return super.getIfChanged(key, etag);
  }
}

const prefix = 'tenants/local/searches/s';
const note = (step: number, message = 'note'): ProgressRecord => ({ type: 'note', step, level: 'info', message });
let folder: string;
let store: CountingStore;
let state: SearchState | null;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-follow-'));
  store = new CountingStore(folder);
  state = 'searching';
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(segment: number, records: readonly (ProgressRecord | string)[]): Promise<void> {
  const lines = records.map((record) => (typeof record === 'string' ? record : JSON.stringify(record)));
  await store.put(progressKey(prefix, segment), Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

function followers(pollMs = 20): Followers {
  return new Followers({ store, readState: async () => state, pollMs, keepMs: 50 });
}

const quick = { after: -1, heartbeatMs: 15_000, lifetimeMs: 60_000, retryMs: 3000 };
const stepsOf = (entries: readonly { record: ProgressRecord }[]) => entries.map(({ record }) => record.step);

describe('the log', () => {
  it('hands out each record once, in order, through kills and new segments, and leaves out what is no record', async () => {
    const log = new ProgressLog(store, prefix);
    expect(await log.poll()).toEqual([]);
    await write(1, [note(0), note(1), 'garbage', '{"type":"step"}', note(2)]);
    const first = await log.poll();
    expect(first.map(({ id, record }) => [id, record.step])).toEqual([
      [1_000_000, 0],
      [1_000_001, 1],
      [1_000_004, 2],
    ]);
    // The next attempt takes a step back and says one thing again; the first one's last words came late.
    await write(1, [note(0), note(1), 'garbage', '{"type":"step"}', note(2), note(3)]);
    await write(2, [note(2), note(4)]);
    const later = [];
    for (let i = 0; i < 4; i++) later.push(...(await log.poll()));
    expect(stepsOf(later)).toEqual([3, 4]);
    expect(later.map(({ id }) => id)).toEqual([1_000_005, 2_000_001]);
  });

  it('costs one conditional GET a poll once it has caught up', async () => {
    for (let segment = 1; segment <= 4; segment++) await write(segment, [note(segment)]);
    const log = new ProgressLog(store, prefix);
    expect(stepsOf(await log.poll())).toEqual([1, 2, 3, 4]);
    store.reads = 0;
    for (let i = 0; i < 10; i++) expect(await log.poll()).toEqual([]);
    expect(store.reads).toBe(10);
    await write(5, [note(5)]);
    expect(stepsOf([...(await log.poll()), ...(await log.poll())])).toEqual([5]);
  });

  it('does not take a worker at its word about size', async () => {
    await write(1, [note(1), note(2, 'x'.repeat(200_000)), note(3)]);
    await write(
      2,
      Array.from({ length: 30 }, (_, i) => note(4, `${i} ${'y'.repeat(90_000)}`)),
    );
    await write(3, [note(5)]);
    expect(stepsOf(await new ProgressLog(store, prefix).poll())).toEqual([1, 3, 5]);
  });
});

interface Event {
  id: string | undefined;
  event: string | undefined;
  data: string;
}

/** Server-sent events, parsed by the rules of the standard as far as they matter here. */
async function eventsOf(stream: ReadableStream<Uint8Array>): Promise<{ events: Event[]; text: string }> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of stream) text += decoder.decode(chunk, { stream: true });
  const events = text.split('\n\n').flatMap((block) => {
    const fields = new Map(block.split('\n').map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]));
    const data = fields.get('data');
    return data === undefined ? [] : [{ id: fields.get('id'), event: fields.get('event'), data }];
  });
  return { events, text };
}

describe('the stream', () => {
  it('begins with the time to come back after, tells state and records, and ends with the search', async () => {
    await write(1, [note(0), note(1)]);
    const stream = eventStream(followers(), 's', prefix, quick);
    setTimeout(async () => {
      await write(1, [note(0), note(1), note(2)]);
      await write(2, [{ type: 'done', step: 3 }]);
      state = 'succeeded';
    }, 100);
    const { events, text } = await eventsOf(stream);
    expect(text.startsWith('retry: 3000\n\n')).toBe(true);
    const records = events.filter(({ event }) => event === 'progress');
    expect(records.map(({ id, data }) => [Number(id), JSON.parse(data).step])).toEqual([
      [1_000_000, 0],
      [1_000_001, 1],
      [1_000_002, 2],
      [2_000_000, 3],
    ]);
    const states = events.filter(({ event }) => event === 'state').map(({ data }) => JSON.parse(data).state);
    expect(states).toEqual(['searching', 'succeeded']);
    expect(events.at(-1)!.event).toBe('state');
  });

  it('resumes behind the last event id', async () => {
    await write(1, [note(0), note(1), note(2)]);
    state = 'stopped';
    const { events } = await eventsOf(eventStream(followers(), 's', prefix, { ...quick, after: 1_000_001 }));
    expect(events.filter(({ event }) => event === 'progress').map(({ id }) => id)).toEqual(['1000002']);
  });

  it('beats while nothing happens and closes when its time is over', async () => {
    const [heartbeatMs, lifetimeMs] = [100, 1000];
    const started = performance.now();
    const { text } = await eventsOf(eventStream(followers(), 's', prefix, { ...quick, heartbeatMs, lifetimeMs }));
    const tookMs = performance.now() - started;
    expect(tookMs).toBeGreaterThan(lifetimeMs - 10);
    const beats = text.match(/^:$/gm)!.length;
    // A busy machine leaves some out; none comes early.
    expect(beats).toBeGreaterThanOrEqual(3);
    expect(beats).toBeLessThanOrEqual(tookMs / heartbeatMs + 1);
  });

  it('ends where the search was deleted', async () => {
    state = null;
    const { events } = await eventsOf(eventStream(followers(), 's', prefix, quick));
    expect(events.map(({ data }) => JSON.parse(data))).toEqual([{ state: null }]);
  });

  it('survives a store that fails for a while', async () => {
    await write(1, [note(0)]);
    const all = followers();
    const stream = eventStream(all, 's', prefix, quick);
    const real = store.getIfChanged.bind(store);
    store.getIfChanged = async () => {
      throw new Error('down');
    };
    setTimeout(() => {
      store.getIfChanged = real;
      state = 'failed';
    }, 150);
    const { events } = await eventsOf(stream);
    expect(events.map(({ event }) => event)).toEqual(expect.arrayContaining(['progress', 'state']));
    expect(JSON.parse(events.at(-1)!.data)).toEqual({ state: 'failed' });
  });

  it('does not read ahead of a slow follower, and stops polling when the last one leaves', async () => {
    await write(
      1,
      Array.from({ length: 2000 }, (_, i) => note(i)),
    );
    const all = followers();
    const reader = eventStream(all, 's', prefix, quick).getReader();
    for (let i = 0; i < 5; i++) await reader.read();
    const page = await all.page('s', prefix, -1, 3);
    expect(stepsOf(page.entries.map(({ json }) => ({ record: JSON.parse(json) })))).toEqual([0, 1, 2]);
    await reader.cancel();
    await new Promise((resolve) => setTimeout(resolve, 100));
    store.reads = 0;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(store.reads).toBe(0);
  });
});

describe('500 followers', () => {
  it('get every record in order from one poller, in little memory', async () => {
    const all = followers(50);
    const records = Array.from({ length: 300 }, (_, i) => note(i, 'm'.repeat(2000)));
    await write(1, records.slice(0, 100));
    globalThis.gc?.();
    const before = process.memoryUsage.rss();
    let peak = before;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage.rss());
    }, 20);
    const reads = async (stream: ReadableStream<Uint8Array>) => {
      const ids: number[] = [];
      const decoder = new TextDecoder();
      for await (const chunk of stream) {
        const id = /^id: (\d+)/.exec(decoder.decode(chunk))?.[1];
        if (id !== undefined) ids.push(Number(id));
      }
      return ids;
    };
    const streams = Array.from({ length: 500 }, () => reads(eventStream(all, 's', prefix, quick)));
    const started = performance.now();
    for (let known = 120; known <= 300; known += 20) {
      await new Promise((resolve) => setTimeout(resolve, 60));
      await write(1, records.slice(0, known));
    }
    state = 'succeeded';
    const seen = await Promise.all(streams);
    clearInterval(watch);
    const expected = records.map((_, i) => 1_000_000 + i);
    for (const ids of seen) expect(ids).toEqual(expected);
    expect((peak - before) / 1e6).toBeLessThan(150);
    expect(store.reads).toBeLessThanOrEqual((performance.now() - started) / 50 + 5);
  });
});

describe('the polling twin', () => {
  it('gives pages behind a record, and looks at the store once for many callers', async () => {
    await write(1, [note(0), note(1), note(2)]);
    const all = followers(1000);
    const pages = await Promise.all(Array.from({ length: 20 }, () => all.page('s', prefix, -1, 2)));
    for (const { entries, next } of pages) expect([entries.length, next]).toEqual([2, 1_000_001]);
    const reads = store.reads;
    const rest = await all.page('s', prefix, 1_000_001, 2);
    expect([rest.entries.length, rest.next, rest.state]).toEqual([1, 1_000_002, 'searching']);
    expect(await all.page('s', prefix, rest.next, 2)).toMatchObject({ entries: [], next: 1_000_002 });
    expect(store.reads).toBe(reads);
  });

  it('says that a search has ended only with all that was written before', async () => {
    for (const quietPages of [1, 2, 3, 4]) {
      state = 'searching';
      await write(1, [note(0)]);
      const all = followers(0);
      let after = -1;
      // Looks that find nothing look for one thing after another.
      for (let i = 0; i < quietPages; i++) after = (await all.page('s', prefix, after, 9)).next;
      await write(1, [note(0), note(1)]);
      state = 'succeeded';
      const last = await all.page('s', prefix, after, 9);
      expect([last.state, last.entries.length]).toEqual(['succeeded', 1]);
      await rm(join(folder, progressKey(prefix, 1)));
    }
  });

  it('says when the store does not answer', async () => {
    store.getIfChanged = async () => {
      throw new Error('down');
    };
    await expect(followers().page('s', prefix, -1, 2)).rejects.toThrow('down');
  });
});
