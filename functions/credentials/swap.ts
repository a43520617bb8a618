/** @file Swaps a running job's token for credentials of its search. */
import type { BatchClient } from '@aws-sdk/client-batch';
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts';
import type { JobCredentials, JobCredentialsRequest } from '../../shared/contract/job-credentials.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import { grantsOf } from './grants.ts';
import { findRunningJob } from './running-job.ts';
import { type Places, sessionPolicy } from './session-policy.ts';

/** The most that AWS gives to a role that itself was assumed. */
export const sessionSeconds = 3600;

export interface SwapDeps {
  queue: BatchClient;
  tokens: STSClient;
  store: ObjectStore;
  places: Places;
  /** what sessions are cut out of */
  workerRoleArn: string;
}

/** @throws FastpathError `credentials.…`, and what the store throws */
export async function swapToken(
  { queue, tokens, store, places, workerRoleArn }: SwapDeps,
  request: JobCredentialsRequest,
  token: string,
): Promise<JobCredentials> {
  const job = await findRunningJob(queue, request, token);
  const grants = await grantsOf(store, job);
  const command = new AssumeRoleCommand({
    RoleArn: workerRoleArn,
    // The audit log then says which attempt of which search did what.
    RoleSessionName: `${grants.search.split('/').at(-1)}-${request.attempt}`.slice(-64),
    DurationSeconds: sessionSeconds,
    Policy: JSON.stringify(sessionPolicy(places, grants)),
  });
  const { Credentials } = await tokens.send(command).catch((cause: unknown) => {
    const message = 'the token service does not answer: try again later';
    throw new FastpathError('credentials.unavailable', message, { retry: true, cause });
  });
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
    expiration: Credentials!.Expiration!.toISOString(),
  };
}
