/**
 * @file A follower's connection as a web-standard stream of server-sent events. It holds a place in the search's shared
 * log and no records of its own: a slow reader costs nothing but its delay.
 */
import { isTerminal } from '../../../shared/search-state/search-state.ts';
import type { FollowedSearch } from './followed-search.ts';
import type { Followers } from './followers.ts';
import { encodeRetry, heartbeat } from './sse-format.ts';

export interface EventStreamOptions {
  /** id of the last record that the follower has; -1: none */
  after: number;
  heartbeatMs: number;
  /** after this the connection closes; followers come back with what they have */
  lifetimeMs: number;
  retryMs: number;
}

export const eventStreamDefaults = { heartbeatMs: 15_000, lifetimeMs: 600_000, retryMs: 3000 } as const;

/** Ends after the search has and everything was read, or when its lifetime is over. */
export function eventStream(
  followers: Followers,
  searchId: string,
  prefix: string,
  { after, heartbeatMs, lifetimeMs, retryMs }: EventStreamOptions,
): ReadableStream<Uint8Array> {
  const search = followers.enter(searchId, prefix);
  const closesAt = performance.now() + lifetimeMs;
  const cancelled = new AbortController();
  let last = after;
  let stateSent: FollowedSearch['state'] | undefined;
  let entered = true;
  const leave = () => {
    if (entered) followers.leave(searchId);
    entered = false;
  };

  /** What the follower does not have yet; null where it has to wait. */
  const next = (): Uint8Array | null => {
    const entry = search.entries[search.indexAfter(last)];
    if (entry !== undefined) {
      last = entry.id;
      return entry.event;
    }
    // An end is told when all that came before it was.
    const early = (search.state === null || isTerminal(search.state)) && !search.over;
    if (search.state === stateSent || early) return null;
    stateSent = search.state;
    return search.stateEvent();
  };

  return new ReadableStream<Uint8Array>(
    {
      start: (controller) => controller.enqueue(encodeRetry(retryMs)),
      pull: async (controller) => {
        const chunk = next();
        if (chunk !== null) return controller.enqueue(chunk);
        const leftMs = closesAt - performance.now();
        // A timer may fire a fraction of a millisecond early.
        if (search.over || leftMs < 1) {
          leave();
          return controller.close();
        }
        const quiet = timeout(Math.min(heartbeatMs, leftMs), cancelled.signal);
        await search.changed(quiet.signal);
        quiet.clear();
        if (cancelled.signal.aborted) return;
        controller.enqueue(next() ?? heartbeat);
      },
      cancel: () => {
        cancelled.abort();
        leave();
      },
    },
    { highWaterMark: 1 },
  );
}

/** A signal after a time, or with another one. */
function timeout(ms: number, other: AbortSignal): { signal: AbortSignal; clear(): void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, ms);
  other.addEventListener('abort', abort);
  return {
    signal: controller.signal,
    clear: () => {
      clearTimeout(timer);
      other.removeEventListener('abort', abort);
    },
  };
}
