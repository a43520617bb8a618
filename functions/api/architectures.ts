/** @file `/v1/architectures`: what searches found, its files, and how networks compare. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import {
  architectureIdSchema,
  fileNameSchema,
  foundArchitectureSchema,
} from '../../shared/contract/api/architectures.ts';
import { comparisonAnswerSchema, comparisonRequestSchema } from '../../shared/contract/api/comparisons.ts';
import { namesTag } from '../predict/entity-tag.ts';
import { compareArchitectures } from '../service/architectures/compare.ts';
import { findFile, getArchitecture } from '../service/architectures/read.ts';
import type { ApiEnv } from './context.ts';
import { answer, body, bodyProblems, createRoute, idParams, needs, needsWithBody, problems } from './route.ts';

const tags = ['Architectures'];
const linkSeconds = 300;

const getRoute = createRoute({
  method: 'get',
  path: '/v1/architectures/{id}',
  tags,
  summary: 'Get an architecture',
  description: 'With its metrics and the names of its files. Immutable, with an ETag.',
  ...needs('search'),
  request: { params: idParams(architectureIdSchema) },
  responses: {
    200: answer(foundArchitectureSchema, 'The network.'),
    304: { description: 'If-None-Match names it.' },
    ...problems(404),
  },
});

const fileRoute = createRoute({
  method: 'get',
  path: '/v1/architectures/{id}/files/{name}',
  tags,
  summary: 'Download a file',
  description: 'Weights, exports and pictures, always as an attachment.',
  ...needs('search'),
  request: { params: z.strictObject({ id: architectureIdSchema, name: fileNameSchema }) },
  responses: {
    302: { description: '`Location` is a link to the file that holds 5 minutes.' },
    ...problems(404),
  },
});

const compareRoute = createRoute({
  method: 'post',
  path: '/v1/architectures/compare',
  tags,
  summary: 'Compare architectures',
  description:
    'Accuracy where it is known, latency on each hardware with its interval, multiply-adds, parameters and memory, side ' +
    'by side; with baselines, and as a picture if you like. Counts as a prediction for every pair.',
  ...needsWithBody('search'),
  request: body(comparisonRequestSchema),
  responses: { 200: answer(comparisonAnswerSchema, 'The comparison.'), ...bodyProblems(404) },
});

export function architectureRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(getRoute, async (c) => {
      const found = await getArchitecture(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('param').id);
      // The network never changes, which search is named for it may once one is deleted.
      const headers = { etag: `"${found.id}-${found.searchId}"`, 'cache-control': 'private, no-cache' };
      const held = c.req.header('if-none-match');
      if (held !== undefined && namesTag(held, headers.etag)) return c.body(null, 304, headers);
      return c.json(found, 200, headers);
    })
    .openapi(fileRoute, async (c) => {
      const { id, name } = c.req.valid('param');
      const { store } = c.get('dependencies');
      const key = await findFile(c.get('dependencies'), c.get('caller').tenantId, id, name);
      const fileName = name.slice(name.lastIndexOf('/') + 1);
      const { url } = await store.link(key, { method: 'GET', expiresInSeconds: linkSeconds, fileName });
      return c.redirect(url, 302);
    })
    .openapi(compareRoute, async (c) => {
      const dependencies = c.get('dependencies');
      const { tenantId } = c.get('caller');
      const comparison = await compareArchitectures(dependencies, tenantId, c.req.valid('json'));
      const predictions = comparison.networks.reduce((sum, { latency }) => sum + latency.length, 0);
      dependencies.meter({ tenant: tenantId, requestId: c.get('requestId'), predictions });
      return c.json(comparison, 200);
    });
}
