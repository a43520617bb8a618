/** @file `/v1/datasets`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { idSchema, pageQuerySchema } from '../../shared/contract/api/common.ts';
import {
  type CreatedDataSet,
  createDataSetSchema,
  createdDataSetSchema,
  dataSetPageSchema,
  dataSetSchema,
} from '../../shared/contract/api/data-sets.ts';
import { completeDataSet } from '../service/datasets/complete-data-set.ts';
import { createDataSet } from '../service/datasets/create-data-set.ts';
import { dataSetView } from '../service/datasets/data-set-view.ts';
import { deleteDataSet } from '../service/datasets/delete-data-set.ts';
import { findDataSet, listDataSets } from '../service/datasets/find-data-set.ts';
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

const tags = ['Data sets'];
const params = idParams(idSchema('ds', 'data set'));

const listRoute = createRoute({
  method: 'get',
  path: '/v1/datasets',
  tags,
  summary: 'List data sets',
  ...needs('search'),
  request: { query: pageQuerySchema },
  responses: { 200: answer(dataSetPageSchema, 'A page of data sets.'), ...problems() },
});

const createDataSetRoute = createRoute({
  method: 'post',
  path: '/v1/datasets',
  tags,
  summary: 'Register images',
  description:
    'A directory under `--data-root`, a prefix of your bucket, or an upload. It is verified next: read, counted, and some ' +
    'images decoded. An upload is verified once its files are there and it was completed.',
  ...needsWithBody('search'),
  request: { headers: idempotencyHeader, ...body(createDataSetSchema) },
  responses: {
    201: answer(createdDataSetSchema, 'The data set, and where to PUT each file of an upload.'),
    ...bodyProblems(409),
  },
});

const getRoute = createRoute({
  method: 'get',
  path: '/v1/datasets/{id}',
  tags,
  summary: 'Get a data set',
  ...needs('search'),
  request: { params },
  responses: { 200: answer(dataSetSchema, 'The data set.'), ...problems(404) },
});

const completeRoute = createRoute({
  method: 'post',
  path: '/v1/datasets/{id}/complete',
  tags,
  summary: 'Complete an upload',
  description: 'When all files are uploaded. Doing it again changes nothing.',
  ...needs('search'),
  request: { params },
  responses: { 200: answer(dataSetSchema, 'The data set, about to be verified.'), ...problems(404, 409) },
});

const deleteRoute = createRoute({
  method: 'delete',
  path: '/v1/datasets/{id}',
  tags,
  summary: 'Delete a data set',
  description: 'With what was uploaded; your own bucket or directory is left alone. 409 while searches run on it.',
  ...needs('search'),
  request: { params },
  responses: { 204: { description: 'It is gone.' }, ...problems(404, 409) },
});

export function dataSetRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(listRoute, async (c) =>
      c.json(await listDataSets(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(createDataSetRoute, async (c) => {
      const dependencies = c.get('dependencies');
      const created = await createOnce(c, (commit) =>
        createDataSet(dependencies, c.get('caller').tenantId, c.req.valid('json'), (change) =>
          commit(async (tx) => reachable(dependencies.publicUrl ?? c.req.url, await change(tx))),
        ),
      );
      await dependencies.dataSetsWaiting();
      return c.json(created, 201);
    })
    .openapi(getRoute, async (c) =>
      c.json(
        dataSetView(await findDataSet(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id)),
        200,
      ),
    )
    .openapi(completeRoute, async (c) => {
      const completed = await completeDataSet(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      await c.get('dependencies').dataSetsWaiting();
      return c.json(completed, 200);
    })
    .openapi(deleteRoute, async (c) => {
      await deleteDataSet(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      return c.body(null, 204);
    });
}

/** Addresses of a server that answers them itself are paths on the host that the caller reached it by. */
function reachable(reachedAt: string, { uploads, ...created }: CreatedDataSet): CreatedDataSet {
  return {
    ...created,
    uploads: uploads.map(({ url, ...upload }) => ({ ...upload, url: new URL(url, reachedAt).href })),
  };
}
