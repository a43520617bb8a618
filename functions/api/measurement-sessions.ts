/** @file `/v1/measurement-sessions`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { idSchema } from '../../shared/contract/api/common.ts';
import {
  createdSessionSchema,
  measurementSessionSchema,
  swapCodeSchema,
  swappedSchema,
} from '../../shared/contract/api/measurement-sessions.ts';
import { createSession } from '../service/hardware/sessions/create-session.ts';
import { endSession } from '../service/hardware/sessions/end-session.ts';
import { findSession } from '../service/hardware/sessions/find-session.ts';
import { swapCode } from '../service/hardware/sessions/swap-code.ts';
import { admitSwap } from './authenticate.ts';
import type { ApiEnv } from './context.ts';
import { createOnce } from './idempotency.ts';
import { jsonBody } from './json-body.ts';
import {
  answer,
  body,
  bodyProblems,
  createRoute,
  idempotencyHeader,
  idParams,
  measuring,
  needs,
  problems,
} from './route.ts';

const tags = ['Measuring'];
const params = idParams(idSchema('ms', 'measurement session'));

const createSessionRoute = createRoute({
  method: 'post',
  path: '/v1/measurement-sessions',
  tags,
  summary: 'Let a device measure itself',
  description: 'Gives a code for the device, which needs no API key. It works once, within 15 minutes. No body.',
  ...needs('search'),
  request: { headers: idempotencyHeader },
  responses: { 201: answer(createdSessionSchema, 'The session, with its code.'), ...problems(409) },
});

const swapRoute = createRoute({
  method: 'post',
  path: '/v1/measurement-sessions/swap',
  tags,
  summary: 'Swap the code for a token',
  description:
    'For the device itself, without a key: it says what hardware it is and gets a token, for two hours and for this ' +
    'hardware only. A code works once; whoever lost the answer needs a new one. An address may ask ten times at once, and ' +
    'then once in two seconds.',
  security: [],
  middleware: [admitSwap, jsonBody],
  request: body(swapCodeSchema),
  responses: { 200: answer(swappedSchema, 'The token, shown this once.'), ...bodyProblems(409) },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/measurement-sessions/{id}',
  tags,
  summary: 'Get a measurement session',
  ...measuring('search'),
  request: { params },
  responses: { 200: answer(measurementSessionSchema, 'The session.'), ...problems(404) },
});

const endRoute = createRoute({
  method: 'delete',
  path: '/v1/measurement-sessions/{id}',
  tags,
  summary: 'End a measurement session',
  description: 'Its code and token stop working at once; what it measured stays.',
  ...measuring('search'),
  request: { params },
  responses: { 204: { description: 'It is over.' }, ...problems(404) },
});

export function measurementSessionRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(createSessionRoute, async (c) => {
      const created = await createOnce(c, (commit) =>
        commit((tx) => createSession({ ...c.get('dependencies'), db: tx }, c.get('caller').tenantId)),
      );
      return c.json(created, 201);
    })
    .openapi(swapRoute, async (c) =>
      c.json(await swapCode(c.get('dependencies'), c.req.valid('json')), 200, { 'cache-control': 'no-store' }),
    )
    .openapi(getRoute, async (c) =>
      c.json(await findSession(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id), 200),
    )
    .openapi(endRoute, async (c) => {
      await endSession(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.body(null, 204);
    });
}
