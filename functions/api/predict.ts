/** @file Predictions and latency models: the prediction service, mounted behind keys, rates and metering. */
import { createRoute, type OpenAPIHono } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { z } from 'zod';
import { hardwareIdSchema, modelQuerySchema, servedModelSchema } from '../../shared/contract/api/hardware.ts';
import { latencyAnswerSchema, latencyBodySchema } from '../../shared/contract/api/latency.ts';
import { predictApp } from '../predict/app.ts';
import type { Caller } from '../service/keys/authenticate.ts';
import { admitMeasuring, admitPrediction } from './authenticate.ts';
import type { ApiEnv } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { apiProblem } from './problems.ts';
import { answer, body, bodyProblems, problems } from './route.ts';

const security = [{ key: ['predict'] }];

const documented = [
  createRoute({
    method: 'post',
    path: '/v1/latency',
    tags: ['Latency'],
    summary: 'Predict how long networks take',
    description: 'Many architectures on many devices in one call; a prediction takes about a microsecond.',
    security,
    request: body(latencyBodySchema),
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

export function registerPredict(app: OpenAPIHono<ApiEnv>, { models, meter, readText }: ApiDependencies): void {
  for (const route of documented) app.openAPIRegistry.registerPath(route);
  const callers = new WeakMap<Request, Caller>();
  const admitted = predictApp({
    models,
    meter,
    readText,
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
