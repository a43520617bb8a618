/** @file The prediction service as an AWS Lambda function behind an HTTP API (payload 2.0) or a function URL. */

import { handle } from 'hono/aws-lambda';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { predictApp } from './app.ts';
import { readStream } from './body.ts';
import { logLine } from './log-line.ts';
import { onnxAnswer } from './onnx-answer.ts';
import { anyone, publicModels } from './public-models.ts';

export const handler = handle(
  predictApp({
    models: publicModels(builtInModels),
    authorize: anyone,
    meter: logLine,
    readBody: readStream,
    onnx: onnxAnswer,
  }),
);
