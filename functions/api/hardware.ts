/** @file `/v1/hardware` but for the models themselves, which the prediction service gives out. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import {
  createHardwareSchema,
  hardwareDetailSchema,
  hardwareIdSchema,
  hardwareListSchema,
} from '../../shared/contract/api/hardware.ts';
import { createHardware } from '../service/hardware/create-hardware.ts';
import { deleteHardware } from '../service/hardware/delete-hardware.ts';
import { hardwareDetail } from '../service/hardware/find-hardware.ts';
import { listHardware } from '../service/hardware/list-hardware.ts';
import type { ApiEnv } from './context.ts';
import { createOnce } from './idempotency.ts';
import {
  answer,
  body,
  bodyProblems,
  createRoute,
  idempotencyHeader,
  measuring,
  needs,
  needsWithBody,
  problems,
} from './route.ts';

const tags = ['Hardware'];
const params = z.strictObject({ id: hardwareIdSchema });

const listRoute = createRoute({
  method: 'get',
  path: '/v1/hardware',
  tags,
  summary: 'List hardware',
  description: 'All public hardware, and your own.',
  ...needs('predict'),
  responses: { 200: answer(hardwareListSchema, 'All of it, by id.'), ...problems() },
});

const createHardwareRoute = createRoute({
  method: 'post',
  path: '/v1/hardware',
  tags,
  summary: 'Make hardware known',
  description:
    "A device of your own, of which nothing is measured yet. With the operator's key it is public, and everyone sees it.",
  ...needsWithBody('search'),
  request: { headers: idempotencyHeader, ...body(createHardwareSchema) },
  responses: { 201: answer(hardwareDetailSchema, 'The hardware.'), ...bodyProblems(409) },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/hardware/{id}',
  tags,
  summary: 'Get hardware',
  description: 'And how its latency model stands. A measurement session may ask about its own.',
  ...measuring('predict'),
  request: { params },
  responses: { 200: answer(hardwareDetailSchema, 'The hardware.'), ...problems(404) },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/hardware/{id}',
  tags,
  summary: 'Delete hardware',
  description: 'Your own, with its measurements, models and sessions. Searches go on with the model they began with.',
  ...needs('search'),
  request: { params },
  responses: { 204: { description: 'It is gone.' }, ...problems(404, 409) },
});

export function hardwareRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(listRoute, async (c) =>
      c.json({ hardware: await listHardware(c.get('dependencies'), c.get('caller').tenantId) }, 200),
    )
    .openapi(createHardwareRoute, async (c) => {
      const created = await createOnce(c, (commit) =>
        createHardware(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('json'), commit),
      );
      return c.json(created, 201);
    })
    .openapi(getRoute, async (c) =>
      c.json(await hardwareDetail(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id), 200),
    )
    .openapi(deleteRoute, async (c) => {
      await deleteHardware(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.body(null, 204);
    });
}
