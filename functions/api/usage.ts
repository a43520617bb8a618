/** @file `/v1/usage` and `/v1/credit`. */
import { OpenAPIHono } from '@hono/zod-openapi';
import { z } from 'zod';
import { creditEntryPageSchema, creditSchema, topUpSchema } from '../../shared/contract/api/credit.ts';
import { type Usage, usageQuerySchema, usageSchema } from '../../shared/contract/api/usage.ts';
import { creditView, entryPage, topUpTenant } from '../service/credit/view.ts';
import { monthOf, parseMonth } from '../service/month.ts';
import { type MonthlyUsage, monthlyUsage } from '../service/usage/monthly-usage.ts';
import { usageCsv } from '../service/usage/usage-csv.ts';
import type { ApiEnv } from './context.ts';
import { createOnce } from './idempotency.ts';
import {
  answer,
  body,
  bodyProblems,
  createRoute,
  idempotencyHeader,
  needs,
  operatorNeedsWithBody,
  problems,
} from './route.ts';

const tags = ['Usage and credit'];

const usageRoute = createRoute({
  method: 'get',
  path: '/v1/usage',
  tags,
  summary: 'Usage of a month',
  description: 'By search, as JSON or as CSV for spreadsheets.',
  ...needs('search'),
  request: { query: usageQuerySchema },
  responses: {
    200: {
      description: 'What was used.',
      content: { 'application/json': { schema: usageSchema }, 'text/csv': { schema: z.string() } },
    },
    ...problems(),
  },
});

const creditRoute = createRoute({
  method: 'get',
  path: '/v1/credit',
  tags,
  summary: 'Credit',
  ...needs('search'),
  responses: { 200: answer(creditSchema, 'What is there, reserved and spent.'), ...problems() },
});

const entriesRoute = createRoute({
  method: 'get',
  path: '/v1/credit/entries',
  tags,
  summary: 'The ledger',
  description: 'Every movement of credit, newest first.',
  ...needs('admin'),
  request: {
    query: z.strictObject({
      limit: z.coerce.number().int().min(1).max(200).default(50),
      after: z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER).optional(),
    }),
  },
  responses: { 200: answer(creditEntryPageSchema, 'A page of entries.'), ...problems() },
});

const topUpRoute = createRoute({
  method: 'post',
  path: '/v1/credit',
  tags,
  summary: 'Add credit to a tenant',
  description: "Only with the operator's key. The same `reference` is booked once.",
  ...operatorNeedsWithBody(),
  request: { headers: idempotencyHeader, ...body(topUpSchema) },
  responses: { 201: answer(creditSchema, "The tenant's credit now."), ...bodyProblems(404, 409) },
});

export function usageRoutes() {
  return new OpenAPIHono<ApiEnv>()
    .openapi(usageRoute, async (c) => {
      const { month, format } = c.req.valid('query');
      const { clock } = c.get('dependencies');
      const used = await monthlyUsage(
        c.get('dependencies'),
        c.get('caller').tenantId,
        month === undefined ? monthOf(clock.now()) : parseMonth(month),
      );
      if (format === 'csv' || c.req.header('accept') === 'text/csv') {
        const name = `fastpath-usage-${used.month}.csv`;
        return c.text(usageCsv(used), 200, {
          'content-type': 'text/csv; charset=utf-8',
          'content-disposition': `attachment; filename="${name}"`,
        });
      }
      return c.json(usageView(used), 200);
    })
    .openapi(creditRoute, async (c) => c.json(await creditView(c.get('dependencies'), c.get('caller').tenantId), 200))
    .openapi(entriesRoute, async (c) =>
      c.json(await entryPage(c.get('dependencies'), c.get('caller').tenantId, c.req.valid('query')), 200),
    )
    .openapi(topUpRoute, async (c) => {
      const credit = await createOnce(c, (commit) =>
        commit((tx) => topUpTenant({ ...c.get('dependencies'), db: tx }, c.req.valid('json'))),
      );
      return c.json(credit, 201);
    });
}

function usageView({ month, predictions, gpuSeconds, storedByteDays, costMicroUsd, searches }: MonthlyUsage): Usage {
  return {
    month,
    predictions,
    computeSeconds: gpuSeconds,
    storageByteDays: storedByteDays,
    costUsd: costMicroUsd / 1e6,
    searches: searches.map((search) => ({
      searchId: search.searchId,
      attempts: search.attempts,
      computeSeconds: search.gpuSeconds,
      costUsd: search.costMicroUsd / 1e6,
    })),
  };
}
