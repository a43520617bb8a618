/** @file The parts that route definitions share: who may call, how bodies and answers look, which problems there are. */
import type { z } from '@hono/zod-openapi';
import { problemSchema } from '../../shared/contract/api/common.ts';
import { requireScope } from './authenticate.ts';
import type { Scope } from './context.ts';
import { jsonBody } from './json-body.ts';

/** A route that needs a key with this scope. */
export function needs(scope: Scope) {
  return { security: [{ key: [scope] }], middleware: [requireScope(scope)] };
}

/** The same for a route with a JSON body, which is read once the caller is known. */
export function needsWithBody(scope: Scope) {
  return { security: [{ key: [scope] }], middleware: [requireScope(scope), jsonBody] };
}

export function body<T extends z.ZodType>(schema: T) {
  return { body: { required: true, content: { 'application/json': { schema } } } };
}

export function answer<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

const problemContent = { 'application/problem+json': { schema: problemSchema } };
const words = {
  401: 'No key, or one that is not valid.',
  403: 'The key lacks the scope.',
  402: 'Not enough credit, or over the monthly limit.',
  404: 'There is none such, or it is not yours.',
  409: 'It is in a state that does not allow this.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The request does not fit: `detail` says where and why.',
  429: 'Too many requests: wait as long as `Retry-After` says.',
  503: 'A part of the service does not answer: nothing was changed, try again.',
} as const;

/** What every route with a key may answer, and what this one may besides. */
export function problems(...statuses: (keyof typeof words)[]) {
  const all = [401, 403, 422, 429, 503, ...statuses] as const;
  return Object.fromEntries(all.map((status) => [status, { description: words[status], content: problemContent }]));
}

/** The same for routes with a body. */
export function bodyProblems(...statuses: (keyof typeof words)[]) {
  return problems(413, 415, ...statuses);
}
