/**
 * @file Credentials of a customer's role. The external id is the one we gave that tenant, so that a role which demands
 * it opens for its owner only, whoever names its ARN to us.
 */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { FastpathError } from '../errors.ts';
import type { S3Credentials } from './s3.ts';

export interface AssumableRole {
  arn: string;
  externalId: string;
}

interface TokenService {
  endpoint?: string;
  region?: string;
  /** ours, that the role opens for; absent: the SDK's usual chain */
  credentials?: () => Promise<S3Credentials>;
}

/** A provider of credentials that last an hour; clients of the SDK keep them and ask again before they expire. */
export function assumedRole(role: AssumableRole, service: TokenService): () => Promise<S3Credentials> {
  return () => assume(role.arn, role.externalId, service);
}

/**
 * Throws `store.role-refused` where the role does not open with its external id, and `store.role-open` where it opens
 * without one: then everyone who knows its ARN could read the bucket through us.
 */
export async function checkRole({ arn, externalId }: AssumableRole, service: TokenService): Promise<void> {
  await assume(arn, externalId, service);
  const open = await assume(arn, undefined, service).then(
    () => true,
    (error: FastpathError) => {
      if (error.retry) throw error;
      return false;
    },
  );
  if (!open) return;
  throw new FastpathError(
    'store.role-open',
    `The role ${arn} can be assumed without an external id: let its trust policy require sts:ExternalId "${externalId}".`,
  );
}

async function assume(arn: string, externalId: string | undefined, service: TokenService): Promise<S3Credentials> {
  const client = new STSClient(service);
  try {
    const { Credentials } = await client.send(
      new AssumeRoleCommand({
        RoleArn: arn,
        RoleSessionName: 'fastpath',
        DurationSeconds: 3600,
        ...(externalId === undefined ? {} : { ExternalId: externalId }),
      }),
    );
    return {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
      expiration: Credentials!.Expiration!,
    };
  } catch (error) {
    const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
    const refused = status !== undefined && status < 500 && status !== 429;
    throw new FastpathError(
      refused ? 'store.role-refused' : 'store.unavailable',
      refused
        ? `The role ${arn} could not be assumed (HTTP ${status}): its trust policy has to allow us with sts:ExternalId "${externalId}".`
        : `The role ${arn} could not be asked for (${(error as Error).name}): try again later.`,
      { retry: !refused, cause: error },
    );
  } finally {
    client.destroy();
  }
}
