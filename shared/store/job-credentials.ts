/**
 * @file Credentials of a job that runs in the cloud: its container has none, and swaps the token in its environment for
 * some that open its own search and data set. The SDK's clients keep them and ask again minutes before they end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { backoffMs } from '../backoff.ts';
import { type JobSession, jobCredentialsSchema } from '../contract/job-credentials.ts';
import { FastpathError } from '../errors.ts';
import type { S3Credentials } from './s3.ts';

const tries = 5;
/** A function that was idle starts within seconds. */
const answerMs = 20_000;

/** Throws `store.session-refused`, and `store.unavailable` (retry) where nobody answers. */
export function jobCredentials(session: JobSession): () => Promise<S3Credentials> {
  return async () => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await swap(session);
      } catch (error) {
        if (attempt === tries || !(error instanceof FastpathError && error.retry)) throw error;
        await sleep(backoffMs(attempt, 200, 5_000));
      }
    }
  };
}

async function swap({ url, token, jobId, attempt }: JobSession): Promise<S3Credentials> {
  let status: number;
  let text: string;
  try {
    const reply = await fetch(new URL('/v1/job-credentials', url), {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ jobId, attempt }),
      signal: AbortSignal.timeout(answerMs),
    });
    status = reply.status;
    text = await reply.text();
  } catch (cause) {
    const message = `The credential function at ${url} does not answer (${(cause as Error).name}): try again later.`;
    throw new FastpathError('store.unavailable', message, { retry: true, cause });
  }
  if (status === 200) {
    const { expiration, ...credentials } = jobCredentialsSchema.parse(JSON.parse(text));
    return { ...credentials, expiration: new Date(expiration) };
  }
  if (status >= 500 || status === 429) {
    const message = `The credential function at ${url} failed (HTTP ${status}): try again later.`;
    throw new FastpathError('store.unavailable', message, { retry: true });
  }
  const reason = /"detail":"([^"]{1,300})"/.exec(text)?.[1] ?? 'it does not say why';
  throw new FastpathError(
    'store.session-refused',
    `The credential function refused attempt ${attempt} of job ${jobId} (HTTP ${status}): ${reason}.`,
  );
}
