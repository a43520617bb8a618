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
import { estimateOrder } from '../service/orders/estimate.ts';
import { getOrder, listOrders } from '../service/orders/find-orders.ts';
import { prepareOrder } from '../service/orders/place-order.ts';
import { submitSearch } from '../service/searches/submit.ts';
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
    'Reserves `maxCostUsd` and starts the searches: one for every target, or one joint one. 402 where the credit or the ' +
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

export function orderRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(estimateRoute, async (c) =>
      c.json(await estimateOrder(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('json')), 200),
    )
    .openapi(placeRoute, async (c) => {
      const dependencies = c.get('dependencies');
      let placed: string[] = [];
      const order = await createOnce(c, async (commit) => {
        const prepared = await prepareOrder(dependencies, c.get('caller').tenantId, c.req.valid('json'));
        try {
          const written = await commit((tx) => prepared.write(tx));
          placed = prepared.searchIds;
          return written;
        } catch (error) {
          await prepared.withdraw().catch(() => undefined);
          throw error;
        }
      });
      // The order stands; what the queue does not take now the reconciler hands it later.
      await Promise.allSettled(placed.map((id) => submitSearch(dependencies, id)));
      await dependencies.searchesWaiting();
      return c.json(order, 201);
    })
    .openapi(listRoute, async (c) =>
      c.json(await listOrders(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(getRoute, async (c) =>
      c.json(await getOrder(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id), 200),
    );
}
