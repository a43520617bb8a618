/** @file Buckets: private, encrypted, reached over TLS only. */
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import {
  BlockPublicAccess,
  Bucket,
  BucketEncryption,
  type BucketProps,
  type CorsRule,
  HttpMethods,
  type LifecycleRule,
} from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import type { Settings } from '../config/settings.ts';

/** Parts of uploads that nobody ended are kept, and cost, until someone removes them. */
const endUploads: LifecycleRule = { id: 'uploads-never-ended', abortIncompleteMultipartUploadAfter: Duration.days(2) };

/**
 * Our own pages. Only the distribution itself knows its name, and it is made behind the bucket; an address that was
 * signed opens its object to whoever has it, from whichever page.
 */
const ownPages = 'https://*.cloudfront.net';

/** Pages get and put objects under addresses that were signed for them. */
function uploads(origins: readonly string[]): CorsRule {
  return {
    allowedOrigins: [ownPages, ...origins],
    allowedMethods: [HttpMethods.GET, HttpMethods.PUT],
    allowedHeaders: ['*'],
    exposedHeaders: ['ETag'],
  };
}

/** A bucket goes only when it is empty. */
const throwAway = { removalPolicy: RemovalPolicy.DESTROY, autoDeleteObjects: true };

/**
 * The store keeps what was overwritten or deleted for a while. Checkpoints are replaced every few minutes, so they lie in
 * a bucket of their own, without old versions.
 */
export function buckets(scope: Construct, settings: Settings): { store: Bucket; checkpoints: Bucket } {
  const common: BucketProps = {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    encryption: BucketEncryption.S3_MANAGED,
    enforceSSL: true,
    minimumTLSVersion: 1.2,
  };
  const store = new Bucket(scope, 'Store', {
    ...common,
    versioned: true,
    cors: [uploads(settings.corsOrigins)],
    ...(settings.keepData ? { removalPolicy: RemovalPolicy.RETAIN } : throwAway),
    lifecycleRules: [
      endUploads,
      {
        id: 'old-versions',
        noncurrentVersionExpiration: Duration.days(settings.oldVersionDays),
        expiredObjectDeleteMarker: true,
      },
    ],
  });
  const checkpoints = new Bucket(scope, 'Checkpoints', {
    ...common,
    ...throwAway,
    lifecycleRules: [endUploads, { id: 'old-checkpoints', expiration: Duration.days(settings.checkpointDays) }],
  });
  return { store, checkpoints };
}
