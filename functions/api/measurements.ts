/** @file `/v1/hardware/{id}/measurements` and `/v1/measuring-plan`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { pageQuerySchema } from '../../shared/contract/api/common.ts';
import { hardwareIdSchema } from '../../shared/contract/api/hardware.ts';
import {
  addedMeasurementsSchema,
  addMeasurementsSchema,
  measurementPageSchema,
} from '../../shared/contract/api/measurements.ts';
import { measuringPlanQuerySchema, measuringPlanSchema } from '../../shared/contract/api/measuring-plan.ts';
import { FastpathError } from '../../shared/errors.ts';
import { addMeasurements } from '../service/hardware/add-measurements.ts';
import { listMeasurements } from '../service/hardware/list-measurements.ts';
import { measuringPlan } from '../service/hardware/measuring-plan.ts';
import type { ApiEnv } from './context.ts';
import { answer, body, bodyProblems, createRoute, measuring, measuringWithBody, needs, problems } from './route.ts';

const tags = ['Measuring'];
const params = z.strictObject({ id: hardwareIdSchema });

const planRoute = createRoute({
  method: 'get',
  path: '/v1/measuring-plan',
  tags,
  summary: 'What to time on a device',
  description:
    'The blocks and whole networks of a space that tell most about all its networks, and how to time them. Weights do ' +
    'not matter to time; any will do.',
  ...measuring('predict'),
  request: { query: measuringPlanQuerySchema },
  responses: { 200: answer(measuringPlanSchema, 'The plan, the same for everyone.'), ...problems() },
});

const addRoute = createRoute({
  method: 'post',
  path: '/v1/hardware/{id}/measurements',
  tags,
  summary: 'Add measurements',
  description:
    'Blocks and whole networks, all of them or none: what is wrong is named by its item. An item that is there already ' +
    'is left as it is, so that an upload may be sent again. The model is fitted anew in the background; of two timings ' +
    'of one thing the later upload counts. Takes a key, or the token of a measurement session for its own hardware; ' +
    'with a token without `anySpeed`.',
  ...measuringWithBody('search'),
  request: { params, ...body(addMeasurementsSchema) },
  responses: { 200: answer(addedMeasurementsSchema, 'What was added.'), ...bodyProblems(404, 409) },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/hardware/{id}/measurements',
  tags,
  summary: 'List measurements',
  description: 'Of your own hardware, as they were sent; what the command line measured is in the model only.',
  ...needs('search'),
  request: { params, query: pageQuerySchema },
  responses: { 200: answer(measurementPageSchema, 'A page of measurements.'), ...problems(404, 409) },
});

export function measurementRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(planRoute, (c) =>
      c.json(measuringPlan(c.req.valid('query')), 200, { 'cache-control': 'private, max-age=3600' }),
    )
    .openapi(addRoute, async (c) => {
      const dependencies = c.get('dependencies');
      const session = c.get('session');
      const sent = c.req.valid('json');
      if (session !== undefined && sent.anySpeed) {
        throw new FastpathError(
          'auth.forbidden',
          'anySpeed needs an API key: a device that measures itself has no say in it',
        );
      }
      const { tenantId } = c.get('caller');
      const added = await addMeasurements(dependencies, tenantId, c.req.valid('param').id, sent, session?.id ?? null);
      await dependencies.measurementsWaiting();
      return c.json(added, 200);
    })
    .openapi(listRoute, async (c) =>
      c.json(
        await listMeasurements(
          c.get('dependencies'),
          c.get('caller').tenantId,
          c.req.valid('param').id,
          c.req.valid('query'),
        ),
        200,
      ),
    );
}
