/** @file Server-sent events as bytes (WHATWG HTML, section 9.2). JSON has no line breaks, so that one data line does. */
import type { SearchState } from '../../../shared/search-state/search-state.ts';

const encoder = new TextEncoder();

/** `Last-Event-ID` of a later connection is then `id`. */
export function encodeRecord(id: number, json: string): Uint8Array {
  return encoder.encode(`id: ${id}\nevent: progress\ndata: ${json}\n\n`);
}

/** Without an id: it does not move what a follower has. @param state null: the search was deleted */
export function encodeState(state: SearchState | null): Uint8Array {
  return encoder.encode(`event: state\ndata: ${JSON.stringify({ state })}\n\n`);
}

/** When to come back after the connection has closed. */
export function encodeRetry(retryMs: number): Uint8Array {
  return encoder.encode(`retry: ${retryMs}\n\n`);
}

/** A comment: keeps proxies from closing a quiet connection. */
export const heartbeat = encoder.encode(':\n\n');
