/** @file `/v1/keys`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { idSchema, pageQuerySchema } from '../../shared/contract/api/common.ts';
import { createdKeySchema, createKeySchema, keyPageSchema } from '../../shared/contract/api/keys.ts';
import { createKey } from '../service/keys/create-key.ts';
import { listKeys } from '../service/keys/list-keys.ts';
import { revokeKey } from '../service/keys/revoke-key.ts';
import type { ApiEnv } from './context.ts';
import { createOnce } from './idempotency.ts';
import {
  answer,
  body,
  bodyProblems,
  createRoute,
  idempotencyHeader,
  idParams,
  needs,
  needsWithBody,
  problems,
} from './route.ts';

const tags = ['Keys'];

const listRoute = createRoute({
  method: 'get',
  path: '/v1/keys',
  tags,
  summary: 'List keys',
  description: 'Revoked ones too.',
  ...needs('admin'),
  request: { query: pageQuerySchema },
  responses: { 200: answer(keyPageSchema, 'A page of keys.'), ...problems() },
});

const createKeyRoute = createRoute({
  method: 'post',
  path: '/v1/keys',
  tags,
  summary: 'Make a key',
  description: 'The key itself is in this answer and never shown again.',
  ...needsWithBody('admin'),
  request: { headers: idempotencyHeader, ...body(createKeySchema) },
  responses: { 201: answer(createdKeySchema, 'The new key.'), ...bodyProblems(409) },
});

const revokeRoute = createRoute({
  method: 'delete',
  path: '/v1/keys/{id}',
  tags,
  summary: 'Revoke a key',
  description: 'At once here; predictions on other instances stop within 60 seconds.',
  ...needs('admin'),
  request: { params: idParams(idSchema('key', 'key')) },
  responses: { 204: { description: 'The key is not valid any more.' }, ...problems(404) },
});

export function keyRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(listRoute, async (c) =>
      c.json(await listKeys(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(createKeyRoute, async (c) => {
      const created = await createOnce(c, (commit) =>
        commit((tx) => createKey({ ...c.get('dependencies'), db: tx }, c.get('caller').tenantId, c.req.valid('json'))),
      );
      return c.json(created, 201);
    })
    .openapi(revokeRoute, async (c) => {
      await revokeKey(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.body(null, 204);
    });
}
