/** @file The prediction service as an AWS Lambda function behind CloudFront, for those who have a key. */

import { Hono } from 'hono';
import { handle } from 'hono/aws-lambda';
import { z } from 'zod';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { S3Store } from '../../shared/store/s3.ts';
import { withCors } from '../api/cors.ts';
import { predictApp } from '../predict/app.ts';
import { readStream } from '../predict/body.ts';
import { logLine } from '../predict/log-line.ts';
import { authorizeByMirror } from '../predict/mirrored-keys.ts';
import { onnxAnswer } from '../predict/onnx-answer.ts';
import { publicModels } from '../predict/public-models.ts';
import { storeObjects } from '../predict/store-objects.ts';
import { storedModels } from '../predict/stored-models.ts';
import { corsOriginsSchema } from './cors-origins.ts';
import { behindOrigin } from './origin.ts';

/** A new model counts here after that; each look-up costs a request to the store. */
const keepModelsMs = 30_000;
const mostModels = 100;

const environment = z
  .object({
    FASTPATH_BUCKET: z.string().min(1),
    FASTPATH_ORIGIN_SHA256: z.string().regex(/^[0-9a-f]{64}$/),
    FASTPATH_CORS_ORIGINS: corsOriginsSchema,
  })
  .parse(process.env);
const objects = storeObjects(new S3Store({ bucket: environment.FASTPATH_BUCKET, prefix: '' }));

const app = predictApp({
  models: storedModels(publicModels(builtInModels), objects, { keepMs: keepModelsMs, mostModels, nowMs: Date.now }),
  authorize: authorizeByMirror(objects.read, Date.now),
  meter: logLine,
  readBody: readStream,
  onnx: onnxAnswer,
});
const admitted = withCors(
  environment.FASTPATH_CORS_ORIGINS,
  behindOrigin(environment.FASTPATH_ORIGIN_SHA256, app.fetch),
);

export const handler = handle(new Hono().all('*', (c) => admitted(c.req.raw, c.env as object)));
