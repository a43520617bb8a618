/** @file `/v1/orders`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { idSchema, pageQuerySchema } from '../../shared/contract/api/common.ts';
import {
  estimateRequestSchema,
  estimateSchema,
  orderPageSchema,
  orderRequestSchema,
  orderSchema,
} from '../../shared/contract/api/orders.ts';
import { cancelOrder } from '../service/orders/cancel-order.ts';
import { estimateOrder } from '../service/orders/estimate.ts';
import { getOrder, listOrders } from '../service/orders/find-orders.ts';
import { placeOrder } from '../service/orders/place-order.ts';
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

const tags = ['Orders'];

const estimateRoute = createRoute({
  method: 'post',
  path: '/v1/orders/estimate',
  tags,
  summary: 'Estimate time and cost',
  description: 'Checks the order as placing it would, and reserves nothing. `basis` says what the numbers rest on.',
  ...needsWithBody('search'),
  request: body(estimateRequestSchema),
  responses: { 200: answer(estimateSchema, 'Time and cost.'), ...bodyProblems(404, 409) },
});

const placeRoute = createRoute({
  method: 'post',
  path: '/v1/orders',
  tags,
  summary: 'Place an order',
  description:
    'Reserves `maxCostUsd` and starts the searches: one for every target, or one joint one, with every seed. 402 where the credit or the ' +
    'monthly limit does not cover it.',
  ...needsWithBody('search'),
  request: { headers: idempotencyHeader, ...body(orderRequestSchema) },
  responses: { 201: answer(orderSchema, 'The order with its searches.'), ...bodyProblems(402, 404, 409) },
});

const listRoute = createRoute({
  method: 'get',
  path: '/v1/orders',
  tags,
  summary: 'List orders',
  ...needs('search'),
  request: { query: pageQuerySchema },
  responses: { 200: answer(orderPageSchema, 'A page of orders.'), ...problems() },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/orders/{id}',
  tags,
  summary: 'Get an order',
  ...needs('search'),
  request: { params: idParams(idSchema('ord', 'order')) },
  responses: { 200: answer(orderSchema, 'The order with its searches.'), ...problems(404) },
});

const cancelRoute = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/cancel',
  tags,
  summary: 'Cancel an order',
  description:
    'Asks the jobs of all its searches that have not ended to end, as `POST /v1/searches/{id}/cancel` does for one. Doing ' +
    'it again changes nothing. What was used until then is charged.',
  ...needs('search'),
  request: { params: idParams(idSchema('ord', 'order')) },
  responses: { 202: answer(orderSchema, 'The order as it is now.'), ...problems(404) },
});

export function orderRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(estimateRoute, async (c) =>
      c.json(await estimateOrder(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('json')), 200),
    )
    .openapi(placeRoute, async (c) => {
      const dependencies = c.get('dependencies');
      const order = await createOnce(c, (commit) =>
        placeOrder(dependencies, c.get('caller').tenantId, c.req.valid('json'), commit),
      );
      await dependencies.searchesWaiting();
      return c.json(order, 201);
    })
    .openapi(listRoute, async (c) =>
      c.json(await listOrders(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(getRoute, async (c) =>
      c.json(await getOrder(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id), 200),
    )
    .openapi(cancelRoute, async (c) => {
      const { id } = c.req.valid('param');
      const order = await cancelOrder(c.get('dependencies'), c.get('caller').tenantId, id);
      return c.json(order, 202);
    });
}
