/** @file All that the OpenAPI document is made from, as what a request's path is compared with. */
import type { OpenAPIHono } from '@hono/zod-openapi';
import type { ApiEnv } from './context.ts';

export function registeredRoutes({ openAPIRegistry }: Pick<OpenAPIHono<ApiEnv>, 'openAPIRegistry'>) {
  return openAPIRegistry.definitions.flatMap((definition) => {
    if (definition.type !== 'route') return [];
    const { route } = definition;
    const pattern = new RegExp(`^${route.path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
    return { method: route.method.toUpperCase(), route, pattern };
  });
}
