/** @file Rights on objects, action by action: the CDK's own grants take more, and with wildcards. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';

const read = ['s3:GetObject'];
const put = ['s3:PutObject'];
const write = [...read, ...put, 's3:DeleteObject', 's3:AbortMultipartUpload'];

/** @param keys patterns */
export function mayRead(who: IGrantable, bucket: Bucket, keys: readonly string[]): void {
  grant(who, bucket, keys, read);
}

/** Small objects, whose old contents it never sees. @param keys patterns */
export function mayPut({ grantPrincipal }: IGrantable, bucket: Bucket, keys: readonly string[]): void {
  const resources = keys.map((key) => bucket.arnForObjects(key));
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions: put, resources }));
}

/** @param keys patterns */
export function mayWrite(who: IGrantable, bucket: Bucket, keys: readonly string[]): void {
  grant(who, bucket, keys, write);
}

/**
 * Removing a folder ends the uploads under it that nobody ended, and upkeep all old ones: which there are AWS tells of a
 * bucket as a whole, and ends only those of keys that may be written.
 */
export function mayFindUploads({ grantPrincipal }: IGrantable, bucket: Bucket): void {
  const actions = ['s3:ListBucketMultipartUploads'];
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources: [bucket.bucketArn] }));
}

function grant({ grantPrincipal }: IGrantable, bucket: Bucket, keys: readonly string[], actions: string[]): void {
  const resources = keys.map((key) => bucket.arnForObjects(key));
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  // Without this S3 says "denied" of a key that holds nothing.
  grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
  );
}
