/** @file Whether the service can serve: the one answer that is told as it comes, for it says more than an error would. */
import type { Health } from '../../shared/contract/api/health.ts';
import { noAnswer } from './api-error.ts';
import { type Connection, readJson } from './connection.ts';
import type { CallOptions } from './options.ts';

/** Asks once. @throws ApiError `api.unreachable`, `api.not-fastpath` */
export async function askHealth({ url, fetch }: Connection, { signal }: CallOptions): Promise<Health> {
  const response = await fetch(`${url}/healthz`, { signal: signal ?? null }).catch((cause) => {
    signal?.throwIfAborted();
    throw noAnswer(cause, new URL(url).origin);
  });
  return (await readJson(response)) as Health;
}
