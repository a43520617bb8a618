/** @file `GET /v1/spaces`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { spacesSchema } from '../../shared/contract/api/spaces.ts';
import { builtInSpaces } from '../../shared/space/built-in.ts';
import type { ApiEnv } from './context.ts';
import { answer, createRoute, needs, problems } from './route.ts';

export const spacesRoute = createRoute({
  method: 'get',
  path: '/v1/spaces',
  tags: ['Search spaces'],
  summary: 'The search spaces that ship',
  description: 'An order names one of these, or brings a space of its own in the same form.',
  ...needs('predict'),
  responses: { 200: answer(spacesSchema, 'All of them.'), ...problems() },
});

export function spacesRoutes() {
  return new OpenAPIHono<ApiEnv>().openapi(spacesRoute, (c) => c.json({ spaces: Object.values(builtInSpaces) }, 200));
}
