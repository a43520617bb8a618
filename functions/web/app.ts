/** @file The dashboard: all its pages, and what happens to every request on its way in and out. */
import { Hono } from 'hono';
import { compress } from 'hono/compress';
import type { ApiDependencies } from '../api/dependencies.ts';
import { hasScope } from '../service/keys/authenticate.ts';
import { keyRoutes } from './account/keys.tsx';
import { usageRoutes } from './account/usage.tsx';
import { assetRoutes } from './assets.ts';
import { callerOf, type WebEnv } from './context.ts';
import { dataRoutes } from './data/routes.tsx';
import { deviceRoutes } from './device/devices.tsx';
import { measureRoutes } from './device/measure.tsx';
import { exploreRoutes } from './explore/routes.tsx';
import { webHeaders } from './headers.ts';
import { link, root } from './links.ts';
import { orderRoutes } from './order/routes.tsx';
import { sameOrigin } from './same-origin.ts';
import { searchListRoutes } from './searches/list.tsx';
import { searchRoutes } from './searches/routes.tsx';
import { signInRoutes } from './sign-in/routes.tsx';
import { signedIn } from './sign-in/signed-in.ts';
import { missingPage, troublePage } from './trouble.tsx';

/** Whether the dashboard answers it, where one address serves it beside the API. */
export function isWebPath(path: string): boolean {
  return path === '/' || path === root || path.startsWith(`${root}/`);
}

export function webApp(dependencies: ApiDependencies) {
  const pages = new Hono<WebEnv>()
    // A key that only predicts has no searches.
    .get('/', (c) => c.redirect(link(hasScope(callerOf(c), 'search') ? '/searches' : '/explore'), 303))
    .route('/', searchListRoutes())
    .route('/', orderRoutes())
    .route('/', searchRoutes())
    .route('/', dataRoutes())
    .route('/', exploreRoutes())
    .route('/', usageRoutes())
    .route('/', keyRoutes())
    .route('/', deviceRoutes());
  const app = new Hono<WebEnv>();
  app.use('*', async (c, next) => {
    c.set('requestId', crypto.randomUUID());
    c.set('dependencies', dependencies);
    await next();
  });
  app.use('*', webHeaders);
  app.use('*', compress());
  app.use('*', sameOrigin);
  app.onError(troublePage);
  app.notFound(missingPage);
  app.get('/', (c) => c.redirect(root, 303));
  app.route(root, assetRoutes());
  app.route(root, signInRoutes());
  app.route(root, measureRoutes());
  // Pages that need nobody go above this line.
  app.use(`${root}/*`, signedIn);
  app.use(root, signedIn);
  app.route(root, pages);
  return app;
}
