/**
 * @file What nobody should send, for each route of the OpenAPI document: made from the document, so that a new route is
 * covered by being there. Examples of the document are what is made wrong, one thing at a time.
 */

import type { KeyScope } from '../../shared/db/schema/index.ts';
import type { openApiDocument } from './docs/document.ts';
import type { Ask, KeyName, Owned } from './test-setting.ts';

export interface HostileCase {
  name: string;
  path: string;
  ask: Ask;
  /** the status that has to come; null: any but a server error */
  status: number | null;
}

interface Parameter {
  name: string;
  in: string;
  schema: { example?: unknown };
  example?: unknown;
}

/** `operator` is no scope of keys: only the operator's own key will do. */
type Scope = KeyScope | 'operator';

export interface Operation {
  method: string;
  path: string;
  scope: Scope | null;
  parameters: Parameter[];
  /** a body that fits; undefined: the route takes none */
  example: unknown;
}

type Json = Record<string, unknown>;

/** @throws where a route says too little of itself to be tried */
export function operationsOf(document: ReturnType<typeof openApiDocument>): Operation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Json>).map(([method, route]) => {
      const security = (route.security as { key: string[] }[] | undefined)?.[0]?.key[0];
      const body = route.requestBody as { content: Record<string, { schema: Json }> } | undefined;
      return {
        method: method.toUpperCase(),
        path,
        scope: (security ?? null) as Operation['scope'],
        parameters: (route.parameters ?? []) as Parameter[],
        example: body === undefined ? undefined : exampleOf(document, body.content['application/json']!.schema),
      };
    }),
  );
}

function exampleOf({ components }: ReturnType<typeof openApiDocument>, schema: Json): unknown {
  const name = String(schema.$ref).split('/').at(-1)!;
  const named = components?.schemas?.[name] as Json | undefined;
  if (named?.example === undefined) throw new Error(`the body ${JSON.stringify(schema)} has no name and example`);
  return named.example;
}

/** @param own what the callers' tenant has, by collection; @param foreign another tenant's */
export function hostileCases(operation: Operation, own: Owned, foreign: Owned): HostileCase[] {
  const { path, parameters, example, scope } = operation;
  const key: KeyName = scope === 'operator' ? 'operator' : 'admin';
  const fitting: Ask = { key, ...(example === undefined ? {} : { json: fitted(example, own) }) };
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const address = (of: Owned) => filled(path, inPath, of);
  const mine = address(own);
  return [
    ...callers(operation).map(([name, key, status]) => ({ name, path: mine, ask: { ...fitting, key }, status })),
    ...(inPath.length === 0 ? [] : addresses(path, address(foreign), fitting)),
    ...queries(parameters).map(([query, status]) => ({
      ...{ name: `query ${query}`, path: `${mine}?${query}`, ask: fitting, status },
    })),
    ...headers(parameters).map((sent) => ({
      ...{ name: `header ${JSON.stringify(sent)}`, path: mine, ask: { ...fitting, headers: sent }, status: 422 },
    })),
    ...(example === undefined
      ? []
      : bodies(fitting.json).map((each) => ({ ...each, path: mine, ask: { key, ...each.ask } }))),
  ];
}

/** Ids in the document's examples name nothing: our own stand in for them. */
function fitted(example: unknown, { datasets }: Owned): unknown {
  return 'dataSetId' in (example as Json) ? { ...(example as Json), dataSetId: datasets } : example;
}

function filled(path: string, inPath: readonly Parameter[], owned: Owned): string {
  return inPath.reduce((address, { name, schema }) => {
    const collection = path.split('/')[2]!;
    const value = name === 'id' ? (owned[collection] ?? schema.example) : schema.example;
    if (value === undefined) throw new Error(`${path}: no tenant of the test owns any ${collection}, and no example`);
    return address.replace(`{${name}}`, String(value));
  }, path);
}

const lacking: Record<Scope, KeyName> = {
  predict: 'search',
  search: 'predict',
  admin: 'search',
  operator: 'admin',
};

function callers({ scope }: Operation): [string, KeyName | null, number][] {
  if (scope === null) return [];
  return [
    ['no key', null, 401],
    ['a key that nobody has', 'unknown', 401],
    ['a revoked key', 'revoked', 401],
    ['a key without the scope', lacking[scope], 403],
  ];
}

const notIds = [
  '..%2f..%2fetc%2fpasswd',
  '%2e%2e%2f',
  '%00',
  'a%00b',
  '%ff',
  '%',
  '%F0%9F%92%A5',
  'schön',
  "'%20or%201=1",
  '{id}',
  '%25%32%65',
  '0',
  '-1',
  'a'.repeat(5000),
];

function addresses(path: string, foreign: string, ask: Ask): HostileCase[] {
  return [
    { name: "another tenant's", path: foreign, ask, status: 404 },
    ...notIds.map((id) => ({
      ...{ name: `id ${id.slice(0, 30)}`, path: path.replaceAll(/\{[^}]+\}/g, id), ask, status: 404 },
    })),
  ];
}

const notValues = [
  '',
  '-1',
  '-2',
  '0',
  '1.5',
  '1e400',
  'NaN',
  '9'.repeat(40),
  '%00',
  '%F0%9F%92%A5',
  '%ff',
  '[]',
  '..',
];

function queries(parameters: readonly Parameter[]): [string, number | null][] {
  const known = parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
  return [
    ['nobody=knows', 422],
    ['__proto__=1', 422],
    ...known.flatMap((name): [string, number | null][] => [
      ...notValues.map((value): [string, null] => [`${name}=${value}`, null]),
      [`${name}=1&${name}=2`, null],
      [`${name}[]=1`, 422],
    ]),
  ];
}

function headers(parameters: readonly Parameter[]): Record<string, string>[] {
  return parameters
    .filter((parameter) => parameter.in === 'header')
    .flatMap(({ name }) => ['x y', 'é', 'x'.repeat(256)].map((value) => ({ [name]: value })));
}

function bodies(example: unknown): Omit<HostileCase, 'path'>[] {
  const raw = (name: string, body: Ask['body'], status: number, type = 'application/json') => ({
    ...{ name, ask: { body: body!, headers: { 'content-type': type } }, status },
  });
  return [
    raw('an empty body', '', 400),
    raw('half a body', JSON.stringify(example).slice(0, -1), 400),
    raw('a body that is no UTF-8', new Uint8Array([0x22, 0xff, 0x22]), 400),
    raw('a body of another type', JSON.stringify(example), 415, 'text/plain'),
    raw('a body without a type', JSON.stringify(example), 415, ''),
    raw('a huge body', `"${'x'.repeat(8_100_000)}"`, 413),
    raw('a deep body', '['.repeat(100_000) + ']'.repeat(100_000), 422),
    ...[null, true, 7, 'text', [], {}].map((json) => ({
      ...{ name: `body ${JSON.stringify(json)}`, ask: { json }, status: 422 },
    })),
    ...mutations(example, []).map(({ at, change, json, status }) => ({
      ...{ name: `${at.join('.')} ${change}`, ask: { json }, status },
    })),
  ];
}

interface Mutation {
  at: (string | number)[];
  change: string;
  /** the whole body */
  json: unknown;
  status: number | null;
}

/** The example with one thing wrong, at each place in it. */
function mutations(value: unknown, at: (string | number)[]): Mutation[] {
  const swap = (change: string, json: unknown, status: number | null): Mutation => ({ at, change, json, status });
  const own = [
    ...wrongTypes(value).map((wrong) => swap(`is ${JSON.stringify(wrong)}`, wrong, 422)),
    ...edges(value).map((edge) => swap(`is ${JSON.stringify(edge).slice(0, 40)}`, edge, null)),
  ];
  if (typeof value !== 'object' || value === null) return own;
  const inner = Object.entries(value).flatMap(([key, item]) =>
    mutations(item, [...at, Array.isArray(value) ? Number(key) : key]).map((mutation) => ({
      ...mutation,
      json: Array.isArray(value) ? value.with(Number(key), mutation.json) : { ...value, [key]: mutation.json },
    })),
  );
  if (Array.isArray(value)) return [...own, ...inner, swap('has 3,000 items', Array(3_000).fill(value[0]), 422)];
  return [
    ...own,
    ...inner,
    swap('has an unknown field', { ...value, 'nobody knows': 1 }, 422),
    swap(
      'has a field __proto__',
      JSON.parse(`{"__proto__":1,${JSON.stringify(value).slice(1)}`.replace(',}', '}')),
      422,
    ),
  ];
}

function wrongTypes(value: unknown): unknown[] {
  const all = [null, true, 7, 'no such thing \u{1f4a5}', [[]], { nobody: 'knows' }];
  return all.filter((wrong) => kindOf(wrong) !== kindOf(value));
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value;
}

function edges(value: unknown): unknown[] {
  if (typeof value === 'number') return [-1, -0, 0, 0.1, 1e-320, 1e308, 2 ** 53, 2 ** 53 + 2, -(2 ** 63)];
  if (typeof value !== 'string') return [];
  return [
    '',
    '\0',
    'a\0b',
    '\ud800',
    '\u{1f4a5}',
    '../../etc/passwd',
    '..\\..',
    'file:///etc/passwd',
    '\r\nx: y',
    'x'.repeat(100_000),
  ];
}
