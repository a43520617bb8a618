/** @file What an error of the S3 client means: whether it may pass, and what a person can do about it. */
import { S3ServiceException } from '@aws-sdk/client-s3';
import { FastpathError } from '../errors.ts';

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

export function nameOf(error: unknown): string {
  return error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? error.name) : String(error);
}

/** Whether the bucket is there and the key holds nothing. */
export function isMissingKey(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** Whether the line failed, not the server. */
export function isConnectionError(error: unknown): boolean {
  return /^(ECONN|EPIPE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|EHOSTUNREACH|TimeoutError|RequestTimeout|aborted)/.test(
    nameOf(error),
  );
}

/** `store.unavailable` (retry) for what may pass, `store.refused` for the rest. */
export function explainS3(error: unknown, what: string, uri: string): FastpathError {
  const status = statusOf(error);
  const retry = status === undefined ? isConnectionError(error) : status >= 500 || status === 429 || status === 408;
  const hint = retry
    ? 'try again later'
    : nameOf(error) === 'NoSuchBucket'
      ? 'check the name of the bucket'
      : status === 403 || nameOf(error) === 'CredentialsProviderError'
        ? 'check the credentials and their rights on this bucket'
        : 'check the address and region';
  const detail = `${nameOf(error)}${status === undefined ? '' : `, HTTP ${status}`}`;
  return new FastpathError(
    retry ? 'store.unavailable' : 'store.refused',
    `Could not ${what} in ${uri} (${detail}): ${hint}.`,
    { retry, cause: error },
  );
}
