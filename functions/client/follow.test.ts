import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { encodeRecord, encodeRetry, encodeState, heartbeat } from '../service/progress/sse-format.ts';
import { followSearch, type ProgressSource } from './follow.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const record = (step: number): ProgressRecord => ({ type: 'note', step, level: 'info', message: `at ${step}` });

/** How a connection goes: after so many events it breaks, ends, or falls silent. */
interface Connection {
  events: number;
  fate: 'breaks' | 'ends' | 'silent';
}

/** A service whose search has `ids` and has succeeded; connections go as told, then well. */
function service(
  ids: readonly number[],
  connections: Connection[],
  streams: boolean,
): ProgressSource & { asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    quietMs: 40_000,
    pollMs: 1000,
    stream: async (after) => {
      asked.push(after);
      if (!streams) return null;
      const { events, fate } = connections[asked.length - 1] ?? { events: Number.POSITIVE_INFINITY, fate: 'ends' };
      const all = ids.filter((id) => id > after).map((id) => encodeRecord(id, JSON.stringify(record(id))));
      const told = [encodeState('searching'), ...all, encodeState('succeeded')].slice(0, events);
      const chunks = [encodeRetry(3000), heartbeat, ...told].values();
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const { value, done } = chunks.next();
          if (!done) controller.enqueue(value);
          else if (fate === 'breaks') controller.error(new TypeError('terminated'));
          else if (fate === 'ends') controller.close();
          else return new Promise(() => {});
        },
      });
    },
    page: async (after) => {
      const found = ids.filter((id) => id > after).slice(0, 3);
      return { state: 'succeeded', records: found.map(record), next: found.at(-1) ?? after };
    },
  };
}

async function follow(source: ProgressSource, after?: number) {
  const events = followSearch(source, after === undefined ? {} : { after });
  const steps: number[] = [];
  const states: string[] = [];
  const following = (async () => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) return value;
      if (value.type === 'record') steps.push(value.record.step);
      else states.push(value.state);
    }
  })();
  following.catch(() => undefined);
  await vi.runAllTimersAsync();
  return { steps, states, end: await following };
}

const idsOf = fc.uniqueArray(fc.nat(1e7), { maxLength: 12 }).map((ids) => ids.sort((a, b) => a - b));
const connection = fc.record({
  events: fc.nat(14),
  fate: fc.constantFrom<Connection['fate']>('breaks', 'ends', 'silent'),
});

test('tells every record once and in order, and the end behind them, however connections go', async () => {
  await fc.assert(
    fc.asyncProperty(idsOf, fc.array(connection, { maxLength: 5 }), fc.boolean(), async (ids, connections, streams) => {
      const source = service(ids, connections, streams);
      const { steps, states, end } = await follow(source);
      expect(steps).toEqual(ids);
      expect(states.at(-1)).toBe('succeeded');
      expect(new Set(states).size).toBe(states.length);
      expect(end).toBe('succeeded');
    }),
  );
});

test('goes on behind the record that one has', async () => {
  expect((await follow(service([1, 2, 3], [], true), 2)).steps).toEqual([3]);
  expect((await follow(service([1, 2, 3], [], false), 2)).steps).toEqual([3]);
});

test('polls once streams have come to nothing twice', async () => {
  const silent: Connection = { events: 0, fate: 'silent' };
  const source = service([1, 2], [silent, silent, silent], true);
  expect((await follow(source)).steps).toEqual([1, 2]);
  expect(source.asked).toHaveLength(2);
});

test('passes on what is wrong with the search, and ends its connection where the loop is left', async () => {
  const gone = { ...service([1], [], true), stream: () => Promise.reject(new Error('no such search')) };
  await expect(follow(gone)).rejects.toThrow('no such search');
  let cancelled = false;
  const source = service([], [], true);
  const open = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(encodeState('searching')),
    cancel: () => {
      cancelled = true;
    },
  });
  for await (const event of followSearch({ ...source, stream: async () => open })) {
    expect(event).toEqual({ type: 'state', state: 'searching' });
    break;
  }
  expect(cancelled).toBe(true);
});

test('stops when called off', async () => {
  const controller = new AbortController();
  const source = service([], Array(9).fill({ events: 1, fate: 'silent' }), true);
  const events = followSearch(source, { signal: controller.signal });
  expect((await events.next()).value).toEqual({ type: 'state', state: 'searching' });
  const stopped = expect(events.next()).rejects.toThrow('enough');
  controller.abort(new Error('enough'));
  await vi.runAllTimersAsync();
  await stopped;
});
