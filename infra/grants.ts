/** @file Rights on objects, action by action: the CDK's own grants take more, and with wildcards. */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';

const read = ['s3:GetObject'];
const write = [...read, 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload'];

/** @param keys patterns */
export function mayRead(who: IGrantable, bucket: Bucket, keys: readonly string[]): void {
  grant(who, bucket, keys, read);
}

/** @param keys patterns */
export function mayWrite(who: IGrantable, bucket: Bucket, keys: readonly string[]): void {
  grant(who, bucket, keys, write);
}

function grant({ grantPrincipal }: IGrantable, bucket: Bucket, keys: readonly string[], actions: string[]): void {
  const resources = keys.map((key) => bucket.arnForObjects(key));
  grantPrincipal.addToPrincipalPolicy(new PolicyStatement({ actions, resources }));
  // Without this S3 says "denied" of a key that holds nothing.
  grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({ actions: ['s3:ListBucket'], resources: [bucket.bucketArn] }),
  );
}
