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

/** What a person can do about what does not pass by itself. */
const refusals: readonly { code: string; names: RegExp; status?: number; hint: string }[] = [
  { code: 'store.no-bucket', names: /^NoSuchBucket$/, hint: 'there is no such bucket: check its name' },
  {
    code: 'store.region',
    names: /^(PermanentRedirect|AuthorizationHeaderMalformed|IllegalLocationConstraintException)$/,
    status: 301,
    hint: 'the bucket lies in another region: set AWS_REGION to it',
  },
  {
    code: 'store.denied',
    names: /^(AccessDenied|AllAccessDisabled|CredentialsProviderError|ExpiredToken|InvalidAccessKeyId|InvalidToken)$/,
    status: 403,
    hint: 'access is denied: check the credentials and their rights on this bucket',
  },
];

/**
 * `store.unavailable` (retry) for what may pass; `store.no-bucket`, `store.region` or `store.denied` where it is known
 * what stands in the way, `store.refused` for the rest.
 */
export function explainS3(error: unknown, what: string, uri: string): FastpathError {
  const status = statusOf(error);
  const retry = status === undefined ? isConnectionError(error) : status >= 500 || status === 429 || status === 408;
  const name = nameOf(error);
  const refusal = refusals.find((each) => each.names.test(name) || (status !== undefined && each.status === status));
  const code = retry ? 'store.unavailable' : (refusal?.code ?? 'store.refused');
  const hint = retry ? 'try again later' : (refusal?.hint ?? 'check the address and region');
  const region = code === 'store.region' ? regionOf(error) : null;
  const detail = [name, ...(status === undefined ? [] : [`HTTP ${status}`]), ...(region === null ? [] : [region])];
  return new FastpathError(code, `Could not ${what} in ${uri} (${detail.join(', ')}): ${hint}.`, {
    retry,
    cause: error,
  });
}

/** Where the bucket lies, as S3 says in a header or in the body. */
function regionOf(error: unknown): string | null {
  if (!(error instanceof S3ServiceException)) return null;
  const named = error.$response?.headers['x-amz-bucket-region'] ?? (error as { Region?: unknown }).Region;
  return typeof named === 'string' && /^[a-z0-9-]+$/.test(named) ? named : null;
}
