/** @file `GET /healthz`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { sql } from 'drizzle-orm';
import { type Health, healthSchema } from '../../shared/contract/api/health.ts';
import type { ApiEnv } from './context.ts';
import type { ApiDependencies } from './dependencies.ts';
import { answer, createRoute, openProblems } from './route.ts';

const patienceMs = 2_000;

export const healthRoute = createRoute({
  method: 'get',
  path: '/healthz',
  tags: ['Service'],
  summary: 'Whether this instance can serve',
  description: 'Needs no key. 503 where a part is down; the body says which.',
  responses: {
    200: answer(healthSchema, 'All parts answer.'),
    503: answer(healthSchema, 'A part is down.'),
    ...openProblems(422),
  },
});

export function healthRoutes() {
  return new OpenAPIHono<ApiEnv>().openapi(healthRoute, async (c) => {
    const health = await checkHealth(c.get('dependencies'));
    return health.status === 'ok' ? c.json(health, 200) : c.json(health, 503, { 'retry-after': '5' });
  });
}

async function checkHealth({ db, store, queue, version }: ApiDependencies): Promise<Health> {
  const [database, objects, jobs] = await Promise.all([
    answers(async () => void (await db.execute(sql`select 1`))),
    answers(async () => void (await store.get('health'))),
    answers(async () => void (await queue.describe(['health']))),
  ]);
  const status = database === 'up' && objects === 'up' && jobs === 'up' ? 'ok' : 'degraded';
  return { status, database, store: objects, queue: jobs, version };
}

async function answers(ask: () => Promise<void>): Promise<'up' | 'down'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'down'>((resolve) => {
    timer = setTimeout(() => resolve('down'), patienceMs);
  });
  const asked = ask().then(
    () => 'up' as const,
    () => 'down' as const,
  );
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}
