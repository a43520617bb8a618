/** @file `fastpath serve`: API, dashboard, database and reconciler in this one process, over FASTPATH_HOME. */

import { createHmac, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { getRequestListener, type HttpBindings } from '@hono/node-server';
import { systemClock } from '../../../shared/clock.ts';
import { localTenant } from '../../../shared/contract/tenants.ts';
import { openDatabase } from '../../../shared/db/open.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { localInstanceType, priceOf } from '../../../shared/pricing/prices.ts';
import type { JobEvent, JobQueue } from '../../../shared/queue/job-queue.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { answerLink } from '../../../shared/store/links.ts';
import { apiApp } from '../../api/app.ts';
import { forwardedFor } from '../../api/client-address.ts';
import { type Answer, withCors } from '../../api/cors.ts';
import type { ApiDependencies } from '../../api/dependencies.ts';
import { apiProblem } from '../../api/problems.ts';
import { RateLimiter, swapLimiters } from '../../api/rate-limit.ts';
import { jobEvents } from '../../events/job-events.ts';
import { Reconciler } from '../../events/reconciler.ts';
import { readIncoming } from '../../predict/node-server.ts';
import { onnxAnswer } from '../../predict/onnx-answer.ts';
import { publicModels } from '../../predict/public-models.ts';
import { storeObjects } from '../../predict/store-objects.ts';
import { storedModels } from '../../predict/stored-models.ts';
import { verifyDataSets } from '../../service/datasets/verify-data-sets.ts';
import { fitInThread } from '../../service/hardware/fit-in-thread.ts';
import { refitStale, refitWaiting } from '../../service/hardware/refit-hardware.ts';
import { ensureFirstKey, ensureOperatorKey, writePrivately } from '../../service/keys/first-key.ts';
import { KnownKeys } from '../../service/keys/known-keys.ts';
import { Followers } from '../../service/progress/followers.ts';
import { readSearchState } from '../../service/searches/find.ts';
import { keepUp } from '../../service/upkeep/keep-up.ts';
import type { Retention } from '../../service/upkeep/sweep.ts';
import { PredictionMeter } from '../../service/usage/prediction-meter.ts';
import { recordPredictions } from '../../service/usage/record.ts';
import { deliverAll } from '../../service/webhooks/deliver-due.ts';
import { publicNetwork } from '../../service/webhooks/target.ts';
import { isWebPath, webApp } from '../../web/app.ts';
import { Periodic } from './periodic.ts';

export interface ServeOptions {
  home: string;
  /** 0: any that is free */
  port: number;
  host: string;
  retention: Retention;
  /** whose directories may be registered as data sets; null: none */
  dataRoot: string | null;
  /** of this machine, where its time is to be paid for; null: nothing is charged */
  pricePerHourUsd: number | null;
  version: string;
  /** under which others reach it where that is not where it listens: behind a proxy that ends TLS; null: nothing such */
  publicUrl: string | null;
  /** whether a proxy tells from where requests come, in X-Forwarded-For */
  trustProxy: boolean;
  /** whose pages may read answers */
  corsOrigins: readonly string[];
  /** Opens the queue that searches run on. @param onEvent to be told of its jobs' changes */
  openQueue(onEvent: (event: JobEvent) => void): Promise<ServedQueue>;
  /** told of what went wrong in the background; it is tried again */
  onFailure(error: unknown): void;
}

export interface ServedQueue extends JobQueue {
  /** lets go of it; jobs go on */
  close(): unknown;
}

export interface Serving {
  url: string;
  /** holds the admin key */
  keyFile: string;
  /** holds the key that tops credit up */
  operatorKeyFile: string;
  /** whether the admin key was written by this start */
  firstStart: boolean;
  database: string;
  /** lets requests end, then closes; searches go on and are taken up by the next start */
  close(): Promise<void>;
}

/** Of requests and streams, once closing began. */
const closePatienceMs = 5_000;
const reconcileEveryMs = 30_000;
/** A key revoked here is forgotten at once: nobody else writes this database. */
const keepKeysMs = 60_000;
const pollMs = 500;
/** After this a model counts that the command line fitted; those fitted here count at once. */
const keepModelsMs = 1_000;
const mostModels = 200;
const upkeepEveryMs = 60_000;

/** @throws FastpathError `serve.port` and what opening the database or the queue throws */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { home, onFailure } = options;
  const clock = systemClock;
  await mkdir(home, { recursive: true });
  const {
    db,
    description,
    close: closeDatabase,
  } = await openDatabase({
    directory: join(home, 'database'),
    url: process.env.DATABASE_URL ?? null,
  });
  const keyFile = join(home, 'admin-key');
  const operatorKeyFile = join(home, 'operator-key');
  const operatorSha256 = await ensureOperatorKey(operatorKeyFile);
  // Links of before a restart stay valid after it.
  const signing = { baseUrl: '/objects', secret: createHmac('sha256', operatorSha256).update('links').digest() };
  const store = new DirectoryStore(home, signing);
  const firstStart = await ensureFirstKey({ db, store, clock }, (key) => writePrivately(keyFile, `${key}\n`));

  let onEvent = (_event: JobEvent): void => {};
  const queue = await options.openQueue((event) => onEvent(event));
  const price = priceOf(localInstanceType, options.pricePerHourUsd, clock.now());
  const machine = {
    instanceType: price.instanceType,
    pricePerHourMicroUsd: Math.round(price.pricePerHourUsd * 1e6),
  };
  const searchDeps = { db, store, queue, clock, machine };
  const events = jobEvents(searchDeps, onFailure);
  onEvent = events.onEvent;
  const reconciler = new Reconciler(searchDeps, { periodMs: reconcileEveryMs, onFailure });
  const meter = new PredictionMeter(clock, (batch) => recordPredictions(db, [batch]), onFailure);
  const dataSetDeps = { db, store, clock, dataRoot: options.dataRoot, buckets: {} };
  const verifying = new Periodic(async () => (await verifyDataSets(dataSetDeps)).failures.forEach(onFailure), {
    periodMs: 10_000,
    onFailure,
  });
  const models = storedModels(publicModels(builtInModels), storeObjects(store), {
    keepMs: keepModelsMs,
    mostModels,
    nowMs: () => clock.now().getTime(),
  });
  const stopping = new AbortController();
  const refitDeps = { db, store, clock, fitModel: fitInThread(stopping.signal), changed: models.forget };
  const refitting = new Periodic(
    async () => {
      await refitWaiting(refitDeps, onFailure);
      await refitStale(refitDeps, localTenant, onFailure);
    },
    { periodMs: 30_000, onFailure },
  );
  const upkeep = new Periodic(
    async () => (await keepUp({ ...searchDeps, retention: options.retention })).forEach(onFailure),
    { periodMs: upkeepEveryMs, onFailure },
  );
  const delivering = new Periodic(() => deliverAll({ db, clock, network: publicNetwork }), {
    periodMs: 5_000,
    onFailure,
  });
  const dependencies: ApiDependencies = {
    ...searchDeps,
    ...dataSetDeps,
    price,
    network: publicNetwork,
    models,
    known: new KnownKeys(keepKeysMs),
    operatorSha256,
    followers: new Followers({
      store,
      pollMs,
      keepMs: 60_000,
      readState: (id) => readSearchState(db, id),
    }),
    meter: (use) => meter.add(use),
    readBody: readIncoming,
    onnx: onnxAnswer,
    limiter: new RateLimiter({ perSecond: 200, burst: 1000 }, clock),
    predictLimiter: new RateLimiter({ perSecond: 10_000, burst: 20_000 }, clock),
    swapLimiters: swapLimiters(clock),
    addressOf: (request, env) => {
      const address = (env as HttpBindings).incoming.socket.remoteAddress ?? '';
      return options.trustProxy ? forwardedFor(request, address) : address;
    },
    publicUrl: options.publicUrl,
    dataSetsWaiting: () => verifying.wake(),
    measurementsWaiting: () => refitting.wake(),
    searchesWaiting: () => reconciler.wake(),
    tenantsWaiting: () => upkeep.wake(),
    version: options.version,
  };
  const api = apiApp(dependencies);
  const web = webApp(dependencies);
  const open = withCors(options.corsOrigins, (request, env) =>
    new URL(request.url).pathname.startsWith(`${signing.baseUrl}/`)
      ? answerLink(store, signing, request, clock.now()).catch((error) => apiProblem(error, randomUUID()))
      : api.fetch(request, env),
  );
  const answer: Answer = (request, env) => (isWebPath(new URL(request.url).pathname) ? web.fetch : open)(request, env);
  const server = createServer(getRequestListener(answer));
  await listen(server, options.port, options.host);
  reconciler.wake();
  verifying.wake();
  refitting.wake();
  delivering.wake();
  upkeep.wake();
  const { port } = server.address() as { port: number };
  return {
    url: `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`,
    keyFile,
    operatorKeyFile,
    firstStart,
    database: description,
    close: async () => {
      await closeServer(server);
      await reconciler.close();
      await verifying.close();
      // What was being fitted waits for the next start.
      stopping.abort();
      await refitting.close();
      await delivering.close();
      await upkeep.close();
      await meter.close();
      queue.close();
      await events.idle();
      await closeDatabase();
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'another program uses it' : (cause.code ?? cause.message);
      reject(new FastpathError('serve.port', `cannot listen on ${host} port ${port}: ${why}; choose another --port`));
    });
    server.listen(port, host, resolve);
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), closePatienceMs).unref();
  });
}
