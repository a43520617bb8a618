/** @file Grants as the policy of a session. It only narrows what the workers' role may do. */
import type { Grants } from './grants.ts';

/** ARNs without a final slash. */
export interface Places {
  store: string;
  checkpoints: string;
}

type Texts = string | string[];

export interface Statement {
  Effect: 'Allow' | 'Deny';
  Action: Texts;
  Resource: Texts;
  Condition?: Record<string, Record<string, Texts>>;
}

export interface Policy {
  Version: '2012-10-17';
  Statement: Statement[];
}

/** AWS takes 2,048 characters; this stays below for the longest bucket names and ids. */
export function sessionPolicy(places: Places, { search, keys, dataSet, role }: Grants): Policy {
  const buckets = [...new Set([places.store, places.checkpoints])];
  const everywhere = (key: string) => buckets.map((bucket) => `${bucket}/${key}`);
  const read = [...keys, ...(dataSet === null ? [] : [`${dataSet}/*`])].map((key) => `${places.store}/${key}`);
  // Listing one key tells whether it is there: S3 says "denied" of a missing one to who may not list the whole bucket.
  const listed = [`${search}/*`, ...keys, ...(dataSet === null ? [] : [`${dataSet}/*`])];
  const statements: Statement[] = [
    {
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
      Resource: everywhere(`${search}/*`),
    },
    { Effect: 'Deny', Action: ['s3:PutObject', 's3:DeleteObject'], Resource: everywhere(`${search}/spec.json`) },
    { Effect: 'Allow', Action: 's3:ListBucket', Resource: buckets, Condition: { StringLike: { 's3:prefix': listed } } },
  ];
  if (read.length > 0) statements.push({ Effect: 'Allow', Action: 's3:GetObject', Resource: read });
  if (role !== null) {
    statements.push({
      Effect: 'Allow',
      Action: 'sts:AssumeRole',
      Resource: role.arn,
      Condition: { StringEquals: { 'sts:ExternalId': role.externalId } },
    });
  }
  return { Version: '2012-10-17', Statement: statements };
}
