/** @file What calls may be told. */

export interface FastpathOptions {
  /** of the service, e.g. `https://api.example.com` or what `fastpath serve` prints */
  url: string;
  /** API key */
  key: string;
  /** tries after the first one, where trying again is safe and can help; 5 when absent */
  retries?: number;
  /** most time until an answer, in ms; a minute when absent. Streams, uploads and downloads take as long as they take */
  timeoutMs?: number;
  /** instead of the global one */
  fetch?: typeof fetch;
}

/** Of every call. */
export interface CallOptions {
  /** aborts the call */
  signal?: AbortSignal | undefined;
}

/** Of a call that makes something. */
export interface CreateOptions extends CallOptions {
  /**
   * The same key with the same request gets the same answer and makes nothing twice, for 24 hours. Each call makes one
   * for its own retries; give one that you keep to try again later, or from another process.
   */
  idempotencyKey?: string;
}
