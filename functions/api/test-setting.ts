/**
 * @file The API in this process, over PGlite, a directory store and the real process queue, with keys of two tenants.
 * Every answer is parsed by the schema that its route documents for its status, so each test through here is a test of
 * the contract too.
 */

import { z } from 'zod';
import { problemSchema } from '../../shared/contract/api/common.ts';
import type { CreateHardware } from '../../shared/contract/api/hardware.ts';
import { newId } from '../../shared/db/id.ts';
import { architectures, dataSets, type KeyScope, tenants, webhooks } from '../../shared/db/schema/index.ts';
import { publicTenant } from '../../shared/db/schema/tenants.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { LinkSigning } from '../../shared/store/links.ts';
import { readStream } from '../predict/body.ts';
import { onnxAnswer } from '../predict/onnx-answer.ts';
import { publicModels } from '../predict/public-models.ts';
import { storeObjects } from '../predict/store-objects.ts';
import { storedModels } from '../predict/stored-models.ts';
import { topUp } from '../service/credit/top-up.ts';
import { createHardware } from '../service/hardware/create-hardware.ts';
import { createSession } from '../service/hardware/sessions/create-session.ts';
import { createKey } from '../service/keys/create-key.ts';
import { newKeyText, sha256Of } from '../service/keys/key-text.ts';
import { KnownKeys } from '../service/keys/known-keys.ts';
import { revokeKey } from '../service/keys/revoke-key.ts';
import { Followers } from '../service/progress/followers.ts';
import { exampleResult, openSetting, type Setting } from '../service/searches/test-setting.ts';
import { type Api, apiApp } from './app.ts';
import type { ApiDependencies } from './dependencies.ts';
import { RateLimiter } from './rate-limit.ts';
import { registeredRoutes } from './registered-routes.ts';

export type KeyName = KeyScope | 'revoked' | 'theirs' | 'operator' | 'unknown';

/** What a tenant owns, by the first part of its ids' paths. */
export type Owned = Readonly<Record<string, string>>;

export interface ApiSetting extends Setting {
  app: Api;
  dependencies: ApiDependencies;
  keys: Readonly<Record<KeyName, string>>;
  /** one of each that a tenant can have, of our tenant and of the other one */
  ours: Owned;
  theirs: Owned;
  ask(method: string, path: string, ask?: Ask): Promise<Answer>;
}

export interface Ask {
  /** admin where absent; null: none is sent */
  key?: KeyName | null;
  json?: unknown;
  /** as it is, with the content type of JSON unless `headers` say otherwise */
  body?: string | Uint8Array<ArrayBuffer>;
  headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** of the text, where that is JSON */
  json: unknown;
}

/** @param replaced what the API gets instead of what a test has usually */
export async function openApi(
  replaced: (dependencies: ApiDependencies) => Partial<ApiDependencies> = () => ({}),
): Promise<ApiSetting> {
  const setting = await openSetting();
  const { db, clock, tenantId } = setting;
  const signing: LinkSigning = { baseUrl: 'http://localhost/objects', secret: Buffer.alloc(32, 7) };
  const store = new DirectoryStore(setting.store.uri, signing);
  const theirTenant = newId('tn', clock);
  const rows = [theirTenant, publicTenant].map((id) => ({ id, name: id, createdAt: clock.now() }));
  await db.insert(tenants).values(rows);
  await topUp({ db, clock }, theirTenant, { amountMicroUsd: 1_000_000, reference: 'test' });

  const known = new KnownKeys(60_000);
  const keyDeps = { db, store, clock, known };
  const make = (owner: string, ...scopes: KeyScope[]) => createKey(keyDeps, owner, { name: 'test', scopes });
  const admin = await make(tenantId, 'admin');
  const theirAdmin = await make(theirTenant, 'admin');
  const revoked = await make(tenantId, 'admin');
  await revokeKey(keyDeps, tenantId, revoked.id);
  const operator = newKeyText();
  const keys = {
    admin: admin.secret,
    search: (await make(tenantId, 'search')).secret,
    predict: (await make(tenantId, 'predict')).secret,
    revoked: revoked.secret,
    theirs: theirAdmin.secret,
    unknown: newKeyText(),
    operator,
  };

  const dependencies: ApiDependencies = {
    ...setting,
    store,
    dataRoot: setting.store.uri,
    buckets: {},
    price: { instanceType: 'local', pricePerHourUsd: 1, source: 'test', date: '2026-11-24' },
    network: { resolve: async () => ['93.184.215.14'], isAllowed: () => true },
    models: storedModels(publicModels(builtInModels), storeObjects(store), {
      keepMs: 0,
      mostModels: 10,
      nowMs: Date.now,
    }),
    known,
    operatorSha256: sha256Of(operator),
    followers: new Followers({
      store,
      pollMs: 5,
      keepMs: 0,
      readState: async (id) =>
        (await db.query.searches.findFirst({ where: (row, { eq }) => eq(row.id, id) }))?.state ?? null,
    }),
    meter: () => undefined,
    readBody: readStream,
    onnx: onnxAnswer,
    limiter: new RateLimiter({ perSecond: 1e6, burst: 1e6 }, clock),
    predictLimiter: new RateLimiter({ perSecond: 1e6, burst: 1e6 }, clock),
    swapLimiters: {
      address: new RateLimiter({ perSecond: 1e6, burst: 1e6 }, clock),
      all: new RateLimiter({ perSecond: 1e6, burst: 1e6 }, clock),
    },
    addressOf: (request) => request.headers.get('x-test-address') ?? 'here',
    publicUrl: null,
    dataSetsWaiting: () => undefined,
    measurementsWaiting: () => undefined,
    searchesWaiting: () => undefined,
    tenantsWaiting: () => undefined,
    version: 'test',
  };
  const app = apiApp({ ...dependencies, ...replaced(dependencies) });
  const owned = async (owner: string, keyId: string): Promise<Owned> => {
    const { orderId, ids } = await setting.order(['hang'], 1, owner);
    const hardware = await createHardware({ db, store, clock }, owner, aDevice(`device-of-${keyId.slice(-8)}`));
    return {
      ...{ orders: orderId, searches: ids[0]!, keys: keyId, hardware: hardware.id },
      'measurement-sessions': (await createSession({ db, clock }, owner)).id,
      ...(await ownRows({ db, clock }, owner, ids[0]!)),
    };
  };
  return {
    ...setting,
    store,
    app,
    dependencies,
    keys,
    ours: { ...(await owned(tenantId, admin.id)), tenants: tenantId },
    theirs: { ...(await owned(theirTenant, theirAdmin.id)), tenants: theirTenant },
    ask: (method, path, ask = {}) => answered(app, method, path, requestOf(method, keys, ask)),
  };
}

/** Hardware with nothing measured. */
export function aDevice(id: string): CreateHardware {
  return { id, device: 'Board 3', runtime: 'test 1', batchSize: 1, precision: 'fp32', threads: 1 };
}

async function ownRows({ db, clock }: Pick<Setting, 'db' | 'clock'>, tenantId: string, searchId: string) {
  const createdAt = clock.now();
  const dataSet = { id: newId('ds', clock), tenantId, name: 'signs', source: 'directory' as const, uri: '/nowhere' };
  const counts = { classes: 10, images: 10_000, bytes: 1e6, fingerprint: 'a'.repeat(64) };
  await db.insert(dataSets).values({ ...dataSet, ...counts, state: 'verified', createdAt, verifiedAt: createdAt });
  const { architecture: body, metrics } = exampleResult();
  const { macs, parameters } = metrics;
  // The same network found by both would not be told apart.
  const id = searchId.slice(-16).replaceAll(/[^0-9a-f]/g, '0');
  const found = { tenantId, id, searchId, role: 'result' as const, body: body as never, macs, parameters, metrics };
  await db.insert(architectures).values({ ...found, createdAt });
  const webhook = { id: newId('wh', clock), tenantId, url: 'https://example.com/', secret: 's', createdAt };
  await db.insert(webhooks).values(webhook);
  return { datasets: dataSet.id, architectures: id, webhooks: webhook.id };
}

function requestOf(method: string, keys: ApiSetting['keys'], { key = 'admin', json, body, headers = {} }: Ask) {
  const sent = json === undefined ? body : JSON.stringify(json);
  return {
    method,
    ...(sent === undefined ? {} : { body: sent }),
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${keys[key]}` }),
      ...(sent === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
  };
}

async function answered(app: Api, method: string, path: string, init: RequestInit): Promise<Answer> {
  const response = await app.request(path, init);
  const { status, headers } = response;
  const type = headers.get('content-type')?.split(';')[0] ?? '';
  // A stream of events goes on: the test reads on where it wants to.
  const text = type === 'text/event-stream' ? '' : await response.text();
  if (type === 'text/event-stream') await response.body!.cancel();
  const json = /json$/.test(type) ? JSON.parse(text) : undefined;
  const schema = documented(app, method, path)?.[status]?.content?.[type]?.schema;
  if (schema instanceof z.ZodType) schema.parse(json ?? text);
  // Health tells of what is down in its own words.
  if (status >= 400 && !(schema instanceof z.ZodType && type === 'application/json')) {
    const problem = problemSchema.parse(json);
    if (type !== 'application/problem+json' || problem.status !== status) throw new Error(`no problem: ${text}`);
    if (problem.requestId !== headers.get('x-request-id')) throw new Error(`another request's problem: ${text}`);
  }
  return { status, headers, text, json };
}

/** The answers that the route's document knows. */
export function documented(app: Api, method: string, path: string) {
  const plain = path.replace(/\?.*/, '');
  const found = registeredRoutes(app).find((each) => each.method === method && each.pattern.test(plain));
  return found?.route.responses as Record<number, { content?: Record<string, { schema?: unknown }> }> | undefined;
}
