/**
 * @file A search's progress as it comes: from the stream of events, which is taken up again where it broke; where streams
 * do not get through (a proxy that holds them back, say), by polling.
 */
import { backoffMs } from '../../shared/backoff.ts';
import type { Progress } from '../../shared/contract/api/searches.ts';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { isTerminal, type SearchState } from '../../shared/search-state/search-state.ts';
import { pause } from './pause.ts';
import { serverEvents } from './server-events.ts';

/** What happens to a search: it reports, or its state changes. */
export type SearchEvent =
  /** whoever goes on behind `id` misses nothing */
  { type: 'record'; id: number; record: ProgressRecord } | { type: 'state'; state: SearchState };

export interface FollowOptions {
  /** id of the last record that you have; -1, as when absent: from the start */
  after?: number;
  signal?: AbortSignal | undefined;
}

/** How to ask; both try again by themselves and throw where that does not help. */
export interface ProgressSource {
  /** null where what answers is no stream of events */
  stream(after: number, signal: AbortSignal | undefined): Promise<ReadableStream<Uint8Array> | null>;
  page(after: number, signal: AbortSignal | undefined): Promise<Progress>;
  /** between two pages */
  pollMs: number;
  /** the service sends a sign of life each 15 s: a stream that is silent this long is broken */
  quietMs: number;
}

/** Streams in a row without a single event. */
const mostFruitlessStreams = 2;
const longestWaitMs = 5000;

/** Each record once, in order, and each change of state; returns the final state once everything was told. */
export async function* followSearch(
  source: ProgressSource,
  { after = -1, signal }: FollowOptions = {},
): AsyncGenerator<SearchEvent, SearchState> {
  let last = after;
  let state: SearchState | null = null;
  for (let fruitless = 0; ; fruitless++) {
    const body = fruitless < mostFruitlessStreams ? await source.stream(last, signal) : null;
    const events = body === null ? polled(source, last, signal) : streamed(body, source.quietMs);
    try {
      for await (const event of events) {
        fruitless = 0;
        if (event.type === 'record') last = event.id;
        else if (event.state === state) continue;
        else state = event.state;
        yield event;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (body === null) throw error;
    }
    if (state !== null && isTerminal(state)) return state;
    await pause(backoffMs(fruitless + 1, 1000, longestWaitMs), signal);
  }
}

async function* streamed(body: ReadableStream<Uint8Array>, quietMs: number): AsyncGenerator<SearchEvent, void> {
  for await (const { id, name, data } of serverEvents(body, quietMs)) {
    if (name === 'progress' && id !== null) {
      yield { type: 'record', id: Number(id), record: JSON.parse(data) as ProgressRecord };
    }
    if (name !== 'state') continue;
    const { state } = JSON.parse(data) as { state: SearchState | null };
    // Deleted: asking again says so.
    if (state !== null) yield { type: 'state', state };
  }
}

async function* polled(source: ProgressSource, after: number, signal?: AbortSignal): AsyncGenerator<SearchEvent, void> {
  for (let last = after, emptyPages = 0; ; ) {
    const { state, records, next } = await source.page(last, signal);
    for (const [i, record] of records.entries()) {
      yield { type: 'record', id: i === records.length - 1 ? next : last, record };
    }
    last = next;
    emptyPages = isTerminal(state) && records.length === 0 ? emptyPages + 1 : 0;
    // The last records may come a look after the end is known, and the end is told behind them.
    if (!isTerminal(state) || emptyPages === 2) yield { type: 'state', state };
    if (emptyPages === 2) return;
    if (records.length === 0) await pause(source.pollMs, signal);
  }
}
