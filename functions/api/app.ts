/** @file The API: all routes, and what happens to every request on its way in and out. */
import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, ValidationTargets } from 'hono';
import type { ZodError } from 'zod';
import { firstProblem } from '../../shared/contract/problem.ts';
import { FastpathError } from '../../shared/errors.ts';
import { ProblemError } from '../predict/problem.ts';
import { architectureRoutes } from './architectures.ts';
import type { ApiContext, ApiEnv } from './context.ts';
import { dataSetRoutes } from './data-sets.ts';
import type { ApiDependencies } from './dependencies.ts';
import { registerDocs } from './docs/register.ts';
import { hardwareRoutes } from './hardware.ts';
import { healthRoutes } from './health.ts';
import { keyRoutes } from './keys.ts';
import { measurementSessionRoutes } from './measurement-sessions.ts';
import { measurementRoutes } from './measurements.ts';
import { orderRoutes } from './orders.ts';
import { registerPredict } from './predict.ts';
import { apiProblem } from './problems.ts';
import { registeredRoutes } from './registered-routes.ts';
import { searchRoutes } from './searches.ts';
import { securityHeaders } from './security-headers.ts';
import { spacesRoutes } from './spaces.ts';
import { tenantRoutes } from './tenants.ts';
import { usageRoutes } from './usage.ts';
import { webhookRoutes } from './webhooks.ts';

export function apiApp(dependencies: ApiDependencies) {
  let registered: ReturnType<typeof registeredRoutes> = [];
  /** `/v1/orders/estimate` is no order's address. */
  const exactly = (c: Context) =>
    registered.filter(({ route }) => route.path === c.req.path && !route.path.includes('{'));
  const app = new OpenAPIHono<ApiEnv>({
    defaultHook: (result, c) => {
      if (result.success) return;
      // An id that is none names nothing, as one that is somebody else's does.
      if (result.target === 'param') throw misplaced(c, exactly(c));
      throw invalid(result.target, result.error, c);
    },
  });
  app.use('*', async (c, next) => {
    c.set('requestId', crypto.randomUUID());
    c.set('dependencies', dependencies);
    await next();
  });
  app.use('*', securityHeaders);
  app.onError((error, c) => apiProblem(error, c.get('requestId')));

  registerDocs(app);
  const routes = app
    .route('/', healthRoutes())
    .route('/', spacesRoutes())
    .route('/', hardwareRoutes())
    .route('/', measurementRoutes())
    .route('/', measurementSessionRoutes())
    .route('/', dataSetRoutes())
    .route('/', orderRoutes())
    .route('/', searchRoutes())
    .route('/', architectureRoutes())
    .route('/', usageRoutes())
    .route('/', keyRoutes())
    .route('/', webhookRoutes())
    .route('/', tenantRoutes());
  registerPredict(app, dependencies);

  registered = registeredRoutes(app);
  app.notFound((c) => {
    const here = exactly(c);
    const matching = here.length > 0 ? here : registered.filter(({ pattern }) => pattern.test(c.req.path));
    return apiProblem(misplaced(c, matching), c.get('requestId'));
  });
  return routes;
}

export type Api = ReturnType<typeof apiApp>;

function invalid(target: keyof ValidationTargets, error: ZodError, c: ApiContext): FastpathError {
  const [subject, read] =
    target === 'query'
      ? ['query', c.req.query()]
      : target === 'header'
        ? ['headers', c.req.header()]
        : ['request', JSON.parse(c.get('bodyText'))];
  return new FastpathError('request.invalid', firstProblem(subject, error, read));
}

/** @param here the routes of that path, which are of other methods */
function misplaced({ req }: Context, here: readonly { method: string }[]): FastpathError {
  const { method, path } = req;
  if (here.length === 0) {
    const message = `there is nothing at ${path}: GET /openapi.json lists all there is`;
    return new FastpathError('request.no-such-path', message);
  }
  const methods = here.map((route) => route.method);
  const message = `${method} is not possible on ${path}: use ${methods.join(' or ')}`;
  return new ProblemError('request.method', message, {}, { allow: methods.join(', ') });
}
