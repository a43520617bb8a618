/** @file What all resources of the client share: the typed API behind a patient fetch, and how its answers are read. */
import { hc } from 'hono/client';
import { FastpathError } from '../../shared/errors.ts';
import type { Api } from '../api/app.ts';
import { isType, notFastpath } from './api-error.ts';
import type { CallOptions, CreateOptions, FastpathOptions } from './options.ts';
import { type PatientFetch, patientFetch } from './patient-fetch.ts';

export interface Connection {
  /** without a slash at its end */
  url: string;
  http: ReturnType<typeof hc<Api>>;
  /** for what is not in the typed API; asks with the key */
  ask: PatientFetch;
  /** asks with the key for what takes long, and is patient with a service that starts anew: about a minute */
  askLong: PatientFetch;
  /** asks without the key, for addresses that are signed */
  askSigned: PatientFetch;
  /** as it is: without the key, and once */
  fetch: typeof fetch;
}

/** @throws FastpathError `client.url`, `client.key` */
export function connect(options: FastpathOptions): Connection {
  const { key, retries = 5, timeoutMs = 60_000 } = options;
  const url = checkUrl(options.url);
  if (!/^[!-~]+$/.test(key)) {
    throw new FastpathError('client.key', 'the API key has to be one word, as it was shown when it was made');
  }
  // Not as a method of an object, which browsers refuse.
  const fetch = options.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const withKey: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set('authorization', `Bearer ${key}`);
    return fetch(input, { ...init, headers });
  };
  const ask = patientFetch({ fetch: withKey, retries, timeoutMs });
  return {
    url,
    http: hc<Api>(url, { fetch: ask as typeof fetch }),
    ask,
    askLong: patientFetch({ fetch: withKey, retries: 3 * retries, timeoutMs: null }),
    askSigned: patientFetch({ fetch, retries, timeoutMs: null }),
    fetch,
  };
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && /^https?:$/.test(url.protocol)) return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
  throw new FastpathError('client.url', `${text} is no address of a service: give one such as https://api.example.com`);
}

/** The second argument of a call of `http`. */
export function calling({ signal }: CallOptions) {
  return { init: { signal: signal ?? null } };
}

/** The header of a call that makes something. */
export function once({ idempotencyKey }: CreateOptions) {
  return { 'idempotency-key': idempotencyKey ?? crypto.randomUUID() };
}

/** One part of a path: what came from outside cannot lead to another one. @throws FastpathError `client.id` */
export function segment(id: string): string {
  if (/^\.{0,2}$/.test(id)) throw new FastpathError('client.id', `${JSON.stringify(id)} is no id`);
  return encodeURIComponent(id);
}

/** What a response has as JSON where it is a good one: problems were thrown before. */
type Good<R> = Extract<R, { ok: true }> extends { json(): Promise<infer T> } ? T : never;

/** @throws ApiError `api.not-fastpath` for an answer that is no JSON; what `asked` throws */
export async function answerOf<R extends { json(): Promise<unknown>; url: string }>(asked: Promise<R>) {
  const response = (await asked) as R & Response;
  return (await readJson(response)) as Good<R>;
}

export async function readJson(response: Response): Promise<unknown> {
  if (!isType(response, 'application/json')) throw notFastpath(response, response.url || 'what answered');
  return response.json();
}
