/** @file `/v1/searches`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { idSchema } from '../../shared/contract/api/common.ts';
import {
  progressQuerySchema,
  progressSchema,
  searchDetailSchema,
  searchPageSchema,
  searchQuerySchema,
  searchSchema,
  streamEventSchema,
} from '../../shared/contract/api/searches.ts';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import { searchPrefixOf } from '../../shared/store/search-keys.ts';
import { eventStream, eventStreamDefaults } from '../service/progress/event-stream.ts';
import { cancelSearch } from '../service/searches/cancel.ts';
import { deleteSearch } from '../service/searches/delete.ts';
import { findSearch } from '../service/searches/find.ts';
import { getSearch, listSearches } from '../service/searches/read.ts';
import { searchView } from '../service/searches/view.ts';
import type { ApiEnv } from './context.ts';
import { answer, createRoute, idParams, needs, problems } from './route.ts';

const tags = ['Searches'];
const params = idParams(idSchema('srch', 'search'));

const listRoute = createRoute({
  method: 'get',
  path: '/v1/searches',
  tags,
  summary: 'List searches',
  ...needs('search'),
  request: { query: searchQuerySchema },
  responses: { 200: answer(searchPageSchema, 'A page of searches.'), ...problems() },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/searches/{id}',
  tags,
  summary: 'Get a search',
  ...needs('search'),
  request: { params },
  responses: { 200: answer(searchDetailSchema, 'The search with its attempts.'), ...problems(404) },
});

const cancelRoute = createRoute({
  method: 'post',
  path: '/v1/searches/{id}/cancel',
  tags,
  summary: 'Cancel a search',
  description:
    'Asks its job to end; the state becomes `cancelled` when it has. Doing it again changes nothing. What was used until ' +
    'then is charged.',
  ...needs('search'),
  request: { params },
  responses: { 202: answer(searchSchema, 'The search as it is now.'), ...problems(404, 409) },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/searches/{id}',
  tags,
  summary: 'Delete a search',
  description: 'With all its files, once it has ended. The ledger and the usage stay.',
  ...needs('search'),
  request: { params },
  responses: { 204: { description: 'It is gone.' }, ...problems(404, 409) },
});

const progressRoute = createRoute({
  method: 'get',
  path: '/v1/searches/{id}/progress',
  tags,
  summary: 'Progress, by polling',
  description: 'Records after `after`, in order. Call again with `next` until the state is a final one.',
  ...needs('search'),
  request: { params, query: progressQuerySchema },
  responses: { 200: answer(progressSchema, 'Records, the state, and where to go on.'), ...problems(404) },
});

const eventsRoute = createRoute({
  method: 'get',
  path: '/v1/searches/{id}/events',
  tags,
  summary: 'Progress, as it comes',
  description:
    'Server-sent events: `progress` (a ProgressRecord; its id goes into `Last-Event-ID`) and `state` (`{"state":…}`). A ' +
    'comment every 15 s keeps the connection; it closes after 10 minutes or behind the end, and a client that connects ' +
    'again with `Last-Event-ID` goes on where it was.',
  ...needs('search'),
  request: {
    params,
    headers: z.object({
      'last-event-id': z
        .string()
        .regex(/^-?[0-9]{1,15}$/)
        .optional()
        .meta({ description: 'Id of the last record you have.' }),
    }),
  },
  responses: {
    200: { description: 'The stream.', content: { 'text/event-stream': { schema: streamEventSchema } } },
    ...problems(404),
  },
});

export function searchRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(listRoute, async (c) =>
      c.json(await listSearches(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(getRoute, async (c) =>
      c.json(await getSearch(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id), 200),
    )
    .openapi(cancelRoute, async (c) => {
      const row = await cancelSearch(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.json(searchView(row), 202);
    })
    .openapi(deleteRoute, async (c) => {
      await deleteSearch(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.body(null, 204);
    })
    .openapi(progressRoute, async (c) => {
      const { after, limit } = c.req.valid('query');
      const { followers } = c.get('dependencies');
      const search = await findSearch(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      const page = await followers.page(search.id, searchPrefixOf(search.tenantId, search.id), after, limit);
      const records = page.entries.map(({ json }) => JSON.parse(json) as ProgressRecord);
      return c.json({ state: page.state ?? search.state, records, next: page.next }, 200);
    })
    .openapi(eventsRoute, async (c) => {
      const search = await findSearch(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      const after = Number(c.req.valid('header')['last-event-id'] ?? -1);
      const prefix = searchPrefixOf(search.tenantId, search.id);
      const stream = eventStream(c.get('dependencies').followers, search.id, prefix, { after, ...eventStreamDefaults });
      return c.body(stream, 200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
    });
}
