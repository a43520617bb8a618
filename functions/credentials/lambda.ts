/** @file The credential function as an AWS Lambda function behind a function URL. */
import { BatchClient } from '@aws-sdk/client-batch';
import { STSClient } from '@aws-sdk/client-sts';
import { handle } from 'hono/aws-lambda';
import { z } from 'zod';
import { S3Store } from '../../shared/store/s3.ts';
import { credentialsApp } from './app.ts';

const environment = z
  .object({
    FASTPATH_BUCKET: z.string().min(1),
    FASTPATH_CHECKPOINTS_BUCKET: z.string().min(1),
    FASTPATH_WORKER_ROLE_ARN: z.string().regex(/^arn:[\w-]+:iam::/),
  })
  .parse(process.env);

const partition = environment.FASTPATH_WORKER_ROLE_ARN.split(':')[1]!;
const arnOf = (bucket: string) => `arn:${partition}:s3:::${bucket}`;

export const handler = handle(
  credentialsApp({
    queue: new BatchClient({}),
    tokens: new STSClient({}),
    store: new S3Store({ bucket: environment.FASTPATH_BUCKET, prefix: '' }),
    places: { store: arnOf(environment.FASTPATH_BUCKET), checkpoints: arnOf(environment.FASTPATH_CHECKPOINTS_BUCKET) },
    workerRoleArn: environment.FASTPATH_WORKER_ROLE_ARN,
  }),
);
