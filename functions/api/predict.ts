/** @file Predictions and latency models: the prediction service, mounted behind keys, rates and metering. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { hardwareIdSchema, modelQuerySchema, servedModelSchema } from '../../shared/contract/api/hardware.ts';
import {
  latencyAnswerSchema,
  latencyBodySchema,
  onnxBodySchema,
  onnxQuerySchema,
} from '../../shared/contract/api/latency.ts';
import { onnxType } from '../../shared/contract/onnx-query.ts';
import { predictApp } from '../predict/app.ts';
import type { Caller } from '../service/keys/authenticate.ts';
import { admitMeasuring, admitPrediction } from './authenticate.ts';
import type { ApiEnv } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { apiProblem } from './problems.ts';
import { answer, bodyProblems, problems } from './route.ts';

const latencyBodies = {
  required: true,
  content: { 'application/json': { schema: latencyBodySchema }, [onnxType]: { schema: onnxBodySchema } },
};

const security = [{ key: ['predict'] }];

const documented = [
  createRoute({
    method: 'post',
    path: '/v1/latency',
    tags: ['Latency'],
    summary: 'Predict how long networks take',
    description:
      'Many architectures on many devices in one call; a prediction takes about a microsecond. Or one ONNX model of any ' +
      'convolutional network as `application/octet-stream`, best without its weights, with the hardware in the query.',
    security,
    request: { query: onnxQuerySchema, body: latencyBodies },
    responses: { 200: answer(latencyAnswerSchema, 'A prediction for every pair.'), ...bodyProblems(404) },
  }),
  createRoute({
    method: 'get',
    path: '/v1/hardware/{id}/model',
    tags: ['Hardware'],
    summary: 'Get the latency model of a hardware',
    description: 'Everything needed to predict without asking again. Immutable under `?version=`.',
    security: [...security, { session: [] }],
    request: { params: z.strictObject({ id: hardwareIdSchema }), query: modelQuerySchema },
    responses: {
      200: answer(servedModelSchema, 'The model, with its version as ETag.'),
      304: { description: 'If-None-Match names the version that is current.' },
      ...problems(404),
    },
  }),
] as const;

export function registerPredict(app: OpenAPIHono<ApiEnv>, { models, meter, readBody, onnx }: ApiDependencies): void {
  for (const route of documented) app.openAPIRegistry.registerPath(route);
  const callers = new WeakMap<Request, Caller>();
  const admitted = predictApp({
    models,
    meter,
    readBody,
    onnx,
    problem: apiProblem,
    authorize: (request) => ({ tenant: callers.get(request)!.tenantId }),
  });
  const remember: MiddlewareHandler<ApiEnv> = async (c, next) => {
    callers.set(c.req.raw, c.get('caller'));
    await next();
  };
  app.use('/v1/latency', admitPrediction, remember);
  app.use('/v1/hardware/:id/model', admitMeasuring('predict', 'predictLimiter'), remember);
  // The list of the API itself has more to say.
  app.all('/v1/hardware', (c) => c.notFound());
  app.route('/', admitted);
}
