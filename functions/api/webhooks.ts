/** @file `/v1/webhooks`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { idSchema, pageQuerySchema } from '../../shared/contract/api/common.ts';
import { createdWebhookSchema, createWebhookSchema, webhookPageSchema } from '../../shared/contract/api/webhooks.ts';
import { createWebhook, deleteWebhook, listWebhooks } from '../service/webhooks/webhooks.ts';
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

const tags = ['Webhooks'];

const listRoute = createRoute({
  method: 'get',
  path: '/v1/webhooks',
  tags,
  summary: 'List webhooks',
  ...needs('admin'),
  request: { query: pageQuerySchema },
  responses: { 200: answer(webhookPageSchema, 'A page of webhooks.'), ...problems() },
});

const createWebhookRoute = createRoute({
  method: 'post',
  path: '/v1/webhooks',
  tags,
  summary: 'Add a webhook',
  description: "It is told of each search's end. Its secret is in this answer and never shown again.",
  ...needsWithBody('admin'),
  request: { headers: idempotencyHeader, ...body(createWebhookSchema) },
  responses: { 201: answer(createdWebhookSchema, 'The webhook, with its secret.'), ...bodyProblems(409) },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/webhooks/{id}',
  tags,
  summary: 'Delete a webhook',
  ...needs('admin'),
  request: { params: idParams(idSchema('wh', 'webhook')) },
  responses: { 204: { description: 'It is gone.' }, ...problems(404) },
});

export function webhookRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(listRoute, async (c) =>
      c.json(await listWebhooks(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(createWebhookRoute, async (c) => {
      const created = await createOnce(c, (commit) =>
        createWebhook(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('json'), commit),
      );
      return c.json(created, 201);
    })
    .openapi(deleteRoute, async (c) => {
      await deleteWebhook(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.body(null, 204);
    });
}
