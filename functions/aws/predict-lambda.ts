/** @file The prediction service as an AWS Lambda function behind CloudFront, for those who have a key. */

import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { z } from 'zod';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { predictApp } from '../predict/app.ts';
import { readStream } from '../predict/body.ts';
import { logLine } from '../predict/log-line.ts';
import { authorizeByMirror } from '../predict/mirrored-keys.ts';
import { publicModels } from '../predict/public-models.ts';
import { behindOrigin } from './origin.ts';

const environment = z
  .object({ FASTPATH_BUCKET: z.string().min(1), FASTPATH_ORIGIN_SHA256: z.string().regex(/^[0-9a-f]{64}$/) })
  .parse(process.env);
const store = new S3Store({ bucket: environment.FASTPATH_BUCKET, prefix: '' });
const read = async (key: string) => (await store.get(key))?.bytes ?? null;

const app = predictApp({
  models: publicModels(builtInModels),
  authorize: authorizeByMirror(read, Date.now),
  meter: logLine,
  readText: readStream,
});
const admitted = behindOrigin(environment.FASTPATH_ORIGIN_SHA256, app.fetch);

export const handler = handle(new Hono().all('*', (c) => admitted(c.req.raw)));
