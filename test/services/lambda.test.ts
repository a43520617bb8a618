/**
 * @file The service as it runs on AWS, in the bundles that are deployed: Lambda instances one event at a time, the Data
 * API in front of PostgreSQL, S3 and EventBridge over HTTP, Batch jobs that really train. From an upload to the bill.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DescribeRuleCommand, EventBridgeClient, PutRuleCommand } from '@aws-sdk/client-eventbridge';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { originHeader } from '../../functions/aws/origin.ts';
import { shippedId, shortPlanTimings } from '../../functions/service/hardware/shipped-timings.ts';
import { sha256Of } from '../../functions/service/keys/key-text.ts';
import { findLatencyTable } from '../../shared/latency/built-in.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { measuredArchitecture } from '../../shared/latency/measured-network.ts';
import { randomNetworks } from '../bench/predict-models.ts';
import { worker } from '../fault/worker-run.ts';
import { functionUrlEvent } from '../integration/function-url-event.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { type BatchEvent, BatchServer } from './batch-server/server.ts';
import { batchNames, bucket, Cloud, rule } from './lambda/cloud.ts';
import { LambdaFunction } from './lambda/function.ts';

const secret = 'what CloudFront shows';

let root: string;
let cloud: Cloud;
let batch: BatchServer;
let eventBridge: EventBridgeClient;
let api: LambdaFunction;
let events: LambdaFunction;
let dataSets: LambdaFunction;
let latencyModels: LambdaFunction;
let predict: LambdaFunction;
let key: string;
/** of events that a function refused */
const failures: unknown[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-lambda-'));
  cloud = await Cloud.start();
  key = cloud.key;
  eventBridge = new EventBridgeClient(cloud.client);
  await eventBridge.send(new PutRuleCommand({ Name: rule, ScheduleExpression: 'rate(1 minute)', State: 'DISABLED' }));
  batch = await BatchServer.start({
    ...batchNames,
    directory: join(root, 'jobs'),
    command: [process.execPath, worker],
    environment: { ...cloud.login, FASTPATH_BACKEND: 'wasm', FASTPATH_CACHE: join(root, 'cache') },
    concurrency: 1,
    graceMs: 10_000,
    onEvent: (event) => void bring(event),
  });
  const environment = { ...cloud.environment, AWS_ENDPOINT_URL_BATCH: batch.endpoint };
  api = await LambdaFunction.deploy('api', environment);
  events = await LambdaFunction.deploy('events', environment);
  dataSets = await LambdaFunction.deploy('data-sets', environment);
  latencyModels = await LambdaFunction.deploy('latency-models', environment);
  predict = await LambdaFunction.deploy('predict', {
    ...cloud.login,
    FASTPATH_BUCKET: bucket,
    FASTPATH_ORIGIN_SHA256: sha256Of(secret),
  });
});

afterAll(async () => {
  for (const deployed of [api, events, dataSets, latencyModels, predict]) deployed?.stop();
  await batch?.stop();
  await cloud?.stop();
  await rm(root, { recursive: true, force: true });
});

/** As EventBridge does: over the wire. */
async function bring(event: BatchEvent): Promise<void> {
  await events.invoke(JSON.parse(JSON.stringify(event))).catch((error) => failures.push(error));
}

async function call<T>(method: string, path: string, body?: unknown, status = 200): Promise<T> {
  const response = await fetch(`${api.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  expect(response.status, `${text}\n${api.log}`).toBe(status);
  return JSON.parse(text) as T;
}

async function until(look: () => Promise<boolean>): Promise<void> {
  while (!(await look())) await new Promise((resolve) => setTimeout(resolve, 100));
}

const isScheduled = async () => (await eventBridge.send(new DescribeRuleCommand({ Name: rule }))).State === 'ENABLED';

/** The schedule's tick, where it is on. */
async function tick(): Promise<void> {
  if (!(await isScheduled())) return;
  const event = { 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} };
  await Promise.all([events, dataSets, latencyModels].map((deployed) => deployed.invoke(event)));
}

interface Told {
  /** what followers had been told when the search was not over yet */
  before: number;
  records: { id: number; record: unknown }[];
  states: string[];
}

/** Follows the stream to its end. */
async function follow(searchId: string): Promise<Told> {
  const response = await fetch(`${api.url}/v1/searches/${searchId}/events`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const told: Told = { before: 0, records: [], states: [] };
  let text = '';
  for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    const whole = text.split('\n\n');
    text = whole.pop()!;
    for (const event of whole) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(event)?.[1];
      const data = JSON.parse(field('data') ?? 'null');
      if (field('event') === 'state') told.states.push(data.state);
      if (field('event') === 'progress') told.records.push({ id: Number(field('id')), record: data });
    }
    const { state } = await call<{ state: string }>('GET', `/v1/searches/${searchId}`);
    if (state === 'submitted' || state === 'searching') told.before = told.records.length;
  }
  return told;
}

test('from an upload to a network, followed live, and what it cost', async () => {
  const shards = await writeTinyImages(join(root, 'images'));
  const contents = await Promise.all(
    ['train-0000.tar', 'val-0000.tar', 'classes.txt'].map(async (name) => ({
      name,
      content: await readFile(join(shards, name)),
    })),
  );
  const files = contents.map(({ name, content }) => ({ name, bytes: content.length }));
  const created = await call<{ id: string; uploads: { name: string; url: string }[] }>(
    'POST',
    '/v1/datasets',
    { name: 'tiny', source: { type: 'upload', files } },
    201,
  );
  for (const { name, url } of created.uploads) {
    const { content } = contents.find((file) => file.name === name)!;
    expect((await fetch(url, { method: 'PUT', body: new Uint8Array(content) })).status).toBe(200);
  }
  await call('POST', `/v1/datasets/${created.id}/complete`);
  expect(await isScheduled()).toBe(true);
  await tick();
  const dataSet = await call('GET', `/v1/datasets/${created.id}`);
  expect(dataSet).toMatchObject({ state: 'verified', classes: 10, images: 460 });

  const asked = {
    dataSetId: created.id,
    space: 'tiny',
    targets: [{ hardware: builtInModels[0]!.hardware.id, budgetMs: 0.08 }],
    schedule: { batchSize: 16, warmupEpochs: 1, searchEpochs: 10 },
    maxCostUsd: 1,
  };
  const order = await call<{ searches: { id: string }[] }>('POST', '/v1/orders', asked, 201);
  const { id } = order.searches[0]!;
  const told = await follow(id);
  expect(failures).toEqual([]);
  expect(told.states.at(-1)).toBe('succeeded');
  // Piece by piece: not all at the end.
  expect(told.before).toBeGreaterThan(0);
  const page = await call<{ records: unknown[] }>('GET', `/v1/searches/${id}/progress?limit=1000`);
  expect(told.records.map(({ record }) => record).slice(0, page.records.length)).toEqual(page.records);
  const ids = told.records.map((record) => record.id);
  expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));

  const search = await call<{ architectureId: string; attempts: { computeSeconds: number }[] }>(
    'GET',
    `/v1/searches/${id}`,
  );
  const [attempt] = search.attempts;
  const found = await call<{ files: { name: string; bytes: number }[] }>(
    'GET',
    `/v1/architectures/${search.architectureId}`,
  );
  // By a redirect to the bucket.
  const weights = await fetch(`${api.url}/v1/architectures/${search.architectureId}/files/weights.safetensors`, {
    headers: { authorization: `Bearer ${key}` },
  });
  expect({ status: weights.status, redirected: weights.redirected }).toEqual({ status: 200, redirected: true });
  const { bytes } = found.files.find(({ name }) => name === 'weights.safetensors')!;
  expect((await weights.arrayBuffer()).byteLength).toBe(bytes);
  const usage = await call<{ searches: { costUsd: number }[] }>('GET', '/v1/usage');
  const { computeSeconds } = attempt!;
  expect(usage).toMatchObject({ searches: [{ searchId: id, attempts: 1, computeSeconds }] });
  const { costUsd } = usage.searches[0]!;
  expect(costUsd).toBeGreaterThan(0);
  expect(await call('GET', '/v1/credit')).toMatchObject({ reservedUsd: 0, availableUsd: 10 - costUsd });

  // Nothing is left to do, and the database may sleep.
  await tick();
  expect(await isScheduled()).toBe(false);
});

test('predictions are metered by the log, each once', async () => {
  const body = { architectures: randomNetworks(3), hardware: [builtInModels[0]!.hardware.id] };
  const answer = await call<{ predictions: unknown[] }>('POST', '/v1/latency', body);
  expect(answer.predictions.length).toBe(3);
  let lines: string[] = [];
  await until(async () => {
    lines = api.log.split('\n').filter((line) => line.includes('latency.predicted'));
    return lines.length > 0;
  });
  const logEvents = lines.map((line, i) => {
    const message = `2026-11-26T12:00:00.000Z\t9a0e3f5c-0000-4000-8000-000000000000\tINFO\t${line}\n`;
    return { id: String(i), timestamp: Date.now(), message };
  });
  const delivery = { awslogs: { data: gzipSync(JSON.stringify({ logEvents })).toString('base64') } };
  await events.invoke(delivery);
  await events.invoke(delivery);
  expect(await call('GET', '/v1/usage')).toMatchObject({ predictions: 3 });
});

test('a phone that measures itself becomes hardware, for the API and where predictions have no database', async () => {
  const { code } = await call<{ code: string }>('POST', '/v1/measurement-sessions', {}, 201);
  const hardware = { id: 'phone', device: 'Phone 1', runtime: 'test 1' };
  const swapped = await call<{ token: string }>('POST', '/v1/measurement-sessions/swap', { code, hardware });
  const measurements = shortPlanTimings();
  for (const added of [measurements.length, 0]) {
    const answer = await fetch(`${api.url}/v1/hardware/phone/measurements`, {
      method: 'POST',
      headers: { authorization: `Bearer ${swapped.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ measurements }),
    });
    expect(await answer.json(), api.log).toMatchObject({ added, modelState: 'fitting' });
  }
  expect(await isScheduled()).toBe(true);
  await tick();
  const detail = await call<{ modelVersion: string }>('GET', '/v1/hardware/phone');
  expect(detail, latencyModels.log).toMatchObject({ modelState: 'ready', blocks: 12, networks: 10, waiting: 0 });
  await tick();
  expect(await isScheduled()).toBe(false);

  const architectures = [measuredArchitecture(findLatencyTable(shippedId).networks![0]!)];
  const body = JSON.stringify({ architectures, hardware: ['phone'] });
  const ask = async (bearer: string) => {
    const headers = { [originHeader]: secret, authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
    const event = functionUrlEvent({ path: '/v1/latency', method: 'POST', headers, body, base64: false });
    return (await predict.invoke(event)) as { statusCode: number; body: string };
  };
  const near = (await call<{ predictions: unknown[] }>('POST', '/v1/latency', JSON.parse(body))).predictions;
  expect(JSON.parse((await ask(key)).body), predict.log).toEqual({ predictions: near });
  expect((await ask(swapped.token)).statusCode).toBe(401);

  expect(
    (await fetch(`${api.url}/v1/hardware/phone`, { method: 'DELETE', headers: { authorization: `Bearer ${key}` } }))
      .status,
  ).toBe(204);
  await call('GET', '/v1/hardware/phone', undefined, 404);
});

test('an instance takes one request at a time, and others start beside it', async () => {
  await Promise.all(Array.from({ length: 4 }, () => call('GET', '/v1/spaces')));
  expect(api.instanceCount).toBeGreaterThan(1);
});

test.each([
  ['no key', 'GET', '/v1/searches', '', 401],
  ['a way up in an id', 'GET', '/v1/searches/..%2f..%2fx', '', 401],
  ['a body where none belongs', 'GET', '/v1/spaces', 'surplus', 401],
  ['an empty answer', 'HEAD', '/healthz', '', 200],
  ['a path with a space', 'GET', '/v1/no%20such%3Fthing', '', 404],
])('answers %s over the function URL', async (_, method, path, body, status) => {
  const answered = await new Promise<number>((resolve, reject) => {
    const headers = { 'content-length': body.length };
    const request = httpRequest(`${api.url}${path}`, { method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode!));
    });
    request.on('error', reject).end(body);
  });
  expect(answered, api.log).toBe(status);
});

test('an instance that is told too little does not start, and says what is missing', async () => {
  const { FASTPATH_STORE: _, ...environment } = { ...process.env };
  const broken = await LambdaFunction.deploy('api', environment);
  await expect(broken.invoke({})).rejects.toThrow(/environment: FASTPATH_STORE is missing/);
  broken.stop();
});
