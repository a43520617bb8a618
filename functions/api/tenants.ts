/** @file `/v1/tenants`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import {
  createdTenantSchema,
  createTenantSchema,
  deletedTenantSchema,
  tenantIdSchema,
} from '../../shared/contract/api/tenants.ts';
import { createTenant } from '../service/tenants/create-tenant.ts';
import { deleteTenant } from '../service/tenants/delete-tenant.ts';
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
  operatorNeedsWithBody,
  problems,
} from './route.ts';

const tags = ['Tenants'];

const createTenantRoute = createRoute({
  method: 'post',
  path: '/v1/tenants',
  tags,
  summary: 'Add a tenant',
  description: "Only with the operator's key. The tenant's first key is in this answer and never shown again.",
  ...operatorNeedsWithBody(),
  request: { headers: idempotencyHeader, ...body(createTenantSchema) },
  responses: { 201: answer(createdTenantSchema, 'The tenant, with its first key.'), ...bodyProblems(409) },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/tenants/{id}',
  tags,
  summary: 'Delete a tenant',
  description:
    "By one of its own admin keys or the operator's. Its keys open nothing from this answer on; then its searches are " +
    'cancelled, and all that it has goes, objects and rows, but the ledger. Doing it again changes nothing.',
  ...needs('admin'),
  request: { params: idParams(tenantIdSchema) },
  responses: { 202: answer(deletedTenantSchema, 'The deletion has begun.'), ...problems(404, 409) },
});

export function tenantRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(createTenantRoute, async (c) => {
      const created = await createOnce(c, (commit) =>
        commit((tx) => createTenant({ ...c.get('dependencies'), db: tx }, c.req.valid('json'))),
      );
      return c.json(created, 201);
    })
    .openapi(deleteRoute, async (c) => {
      const dependencies = c.get('dependencies');
      const deleted = await deleteTenant(dependencies, c.get('caller'), c.req.valid('param').id);
      await dependencies.tenantsWaiting();
      return c.json(deleted, 202);
    });
}
