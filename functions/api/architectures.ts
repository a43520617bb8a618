/** @file `/v1/architectures`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import {
  architectureIdSchema,
  fileNameSchema,
  foundArchitectureSchema,
} from '../../shared/contract/api/architectures.ts';
import { FastpathError } from '../../shared/errors.ts';
import { namesTag } from '../predict/entity-tag.ts';
import { findFile, getArchitecture } from '../service/architectures/read.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { answer, createRoute, idParams, needs, problems } from './route.ts';

const tags = ['Architectures'];
const linkSeconds = 300;
const immutable = 'private, max-age=86400, immutable';

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
  description: 'Weights, exports and pictures, always as an attachment: from here, or by a link that holds 5 minutes.',
  ...needs('search'),
  request: { params: z.strictObject({ id: architectureIdSchema, name: fileNameSchema }) },
  responses: {
    200: { description: 'The file.', content: { 'application/octet-stream': { schema: z.string() } } },
    302: { description: '`Location` is a link to the file that holds 5 minutes.' },
    ...problems(404),
  },
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
      const key = await findFile(c.get('dependencies'), c.get('caller').tenantId, id, name);
      return download(c, key, name.slice(name.lastIndexOf('/') + 1));
    });
}

async function download(c: ApiContext, key: string, fileName: string): Promise<Response> {
  const { store } = c.get('dependencies');
  try {
    const { url } = await store.link(key, { method: 'GET', expiresInSeconds: linkSeconds, fileName });
    return c.redirect(url, 302);
  } catch (error) {
    if (!(error instanceof FastpathError && error.code === 'store.links')) throw error;
  }
  return c.body(ReadableStream.from(store.getStream(key)) as ReadableStream<Uint8Array>, 200, {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename="${fileName}"`,
    'cache-control': immutable,
  });
}
