/** @file The API: all routes, and what happens to every request on its way in and out. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { firstProblem } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import { ProblemError } from '../predict/problem.ts';
import { architectureRoutes } from './architectures.ts';
import type { ApiEnv } from './context.ts';
import { dataSetRoutes } from './data-sets.ts';
import type { ApiDependencies } from './dependencies.ts';
import { registerDocs } from './docs/register.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { orderRoutes } from './orders.ts';
import { registerPredict } from './predict.ts';
import { apiProblem } from './problems.ts';
import { searchRoutes } from './searches.ts';
import { securityHeaders } from './security-headers.ts';
import { spacesRoutes } from './spaces.ts';
import { usageRoutes } from './usage.ts';
import { webhookRoutes } from './webhooks.ts';

export function apiApp(dependencies: ApiDependencies) {
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return;
      // An id that is none names nothing, as one that is somebody else's does.
      if (result.target === 'param') throw nothingThere(c.req.path);
      const subject = result.target === 'query' ? 'query' : 'request';
      const read = subject === 'query' ? c.req.query() : JSON.parse(c.get('bodyText'));
      throw new FastpathError('request.invalid', firstProblem(subject, result.error, read));
    },
  });
  app.use('*', async (c, next) => {
    c.set('requestId', crypto.randomUUID());
    c.set('dependencies', dependencies);
    await next();
  });
  app.use('*', securityHeaders);
  app.onError((error, c) => apiProblem(error, c.get('requestId')));

  registerPredict(app, dependencies);
  registerDocs(app);
  const routes = app
    .route('/', healthRoutes())
    .route('/', spacesRoutes())
    .route('/', dataSetRoutes())
    .route('/', orderRoutes())
    .route('/', searchRoutes())
    .route('/', architectureRoutes())
    .route('/', usageRoutes())
    .route('/', keyRoutes())
    .route('/', webhookRoutes());

  const paths = pathsOf(app);
  app.notFound((c) => {
    const methods = paths.filter(({ pattern }) => pattern.test(c.req.path)).map(({ method }) => method);
    return apiProblem(
      methods.length === 0 ? nothingThere(c.req.path) : wrongMethod(c.req.method, c.req.path, methods),
      c.get('requestId'),
    );
  });
  return routes;
}

export type Api = ReturnType<typeof apiApp>;

function pathsOf(app: OpenAPIHono<ApiEnv>): { method: string; pattern: RegExp }[] {
  return app.openAPIRegistry.definitions.flatMap((definition) =>
    definition.type !== 'route'
      ? []
      : {
          method: definition.route.method.toUpperCase(),
          pattern: new RegExp(`^${definition.route.path.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`),
        },
  );
}

function nothingThere(path: string): FastpathError {
  return new FastpathError('request.no-such-path', `there is nothing at ${path}: GET /openapi.json lists all there is`);
}

function wrongMethod(method: string, path: string, allowed: string[]): FastpathError {
  const message = `${method} is not possible on ${path}: use ${allowed.join(' or ')}`;
  return new ProblemError('request.method', message, {}, { allow: allowed.join(', ') });
}
