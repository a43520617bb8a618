/** @file The parts that route definitions share: who may call, how bodies and answers look, which problems there are. */
import { createRoute as createOpenRoute, type RouteConfig } from '@hono/zod-openapi';
import { z } from 'zod';
import { problemSchema } from '../../shared/contract/api/common.ts';
import type { KeyScope } from '../../shared/db/schema/keys.ts';
import { admit, admitMeasuring, admitOperator } from './authenticate.ts';
import { jsonBody } from './json-body.ts';

const noQuery = z.strictObject({});

/** A route of the document. One that knows no query refuses any: a misspelt field is not to pass for one that counts. */
export function createRoute<P extends string, R extends Omit<RouteConfig, 'path'> & { path: P }>(route: R) {
  return createOpenRoute<P, R>({ ...route, request: { query: noQuery, ...route.request } });
}

/** A route that needs a key with this scope. */
export function needs(scope: KeyScope) {
  return { security: [{ key: [scope] }], middleware: [admit(scope)] };
}

/** The same for a route with a JSON body, which is read once the caller is known. */
export function needsWithBody(scope: KeyScope) {
  return { security: [{ key: [scope] }], middleware: [admit(scope), jsonBody] };
}

/** A route with a JSON body that needs the operator's own key. */
export function operatorNeedsWithBody() {
  return { security: [{ key: ['operator'] }], middleware: [admit('admin'), admitOperator, jsonBody] };
}

/** A route that a device may call too, with the token of its measurement session. */
export function measuring(scope: KeyScope) {
  return { security: [{ key: [scope] }, { session: [] }], middleware: [admitMeasuring(scope)] };
}

/** The same with a JSON body. */
export function measuringWithBody(scope: KeyScope) {
  return { security: [{ key: [scope] }, { session: [] }], middleware: [admitMeasuring(scope), jsonBody] };
}

export function body<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } };
}

export function answer<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

const problemContent = { 'application/problem+json': { schema: problemSchema } };
const words = {
  400: 'The body is not JSON, or no UTF-8.',
  401: 'No key, or one that is not valid.',
  403: 'The key lacks the scope.',
  402: 'Not enough credit, or over the monthly limit.',
  404: 'There is none such, or it is not yours.',
  409: 'It is in a state that does not allow this.',
  413: 'The body is too large.',
  415: 'The body is of another type than `application/json`.',
  422: 'The request does not fit: `detail` says where and why.',
  429: 'Too many requests: wait as long as `Retry-After` says.',
  503: 'A part of the service does not answer: nothing was changed, try again.',
} as const;

/** Of a route that needs no key. */
export function openProblems(...statuses: (keyof typeof words)[]) {
  return Object.fromEntries(
    statuses.map((status) => [status, { description: words[status], content: problemContent }]),
  );
}

/** What every route with a key may answer, and what this one may besides. */
export function problems(...statuses: (keyof typeof words)[]) {
  return openProblems(401, 403, 422, 429, 503, ...statuses);
}

/** The same for routes with a body. */
export function bodyProblems(...statuses: (keyof typeof words)[]) {
  return problems(400, 413, 415, ...statuses);
}

export const idempotencyHeader = z.object({
  'idempotency-key': z
    .string()
    .min(1)
    .max(255)
    .optional()
    .meta({ description: 'The same key with the same body gets the same answer and makes nothing twice.' }),
});

/** Of a route about one thing. */
export function idParams<T extends z.ZodType>(id: T) {
  return z.strictObject({ id });
}
