/** @file What the API's routes are given on AWS, and the dashboard's pages, which are a function of their own. */
import { version } from '../../package.json';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { forwardedFor } from '../api/client-address.ts';
import type { ApiDependencies } from '../api/dependencies.ts';
import { RateLimiter, swapLimiters } from '../api/rate-limit.ts';
import { readStream } from '../predict/body.ts';
import { logLine } from '../predict/log-line.ts';
import { publicModels } from '../predict/public-models.ts';
import { storeObjects } from '../predict/store-objects.ts';
import { storedModels } from '../predict/stored-models.ts';
import { KnownKeys } from '../service/keys/known-keys.ts';
import { Followers } from '../service/progress/followers.ts';
import { readSearchState } from '../service/searches/find.ts';
import { publicNetwork } from '../service/webhooks/target.ts';
import type { LambdaEnvironment } from './environment.ts';
import type { FunctionUrlEvent } from './response-stream.ts';
import { openService } from './service.ts';

/** Each look costs a request to the store, and following one is worth a second. */
const pollMs = 1000;

/** Each look-up of a model costs a request to the store. */
const keepModelsMs = 5_000;
const mostModels = 100;

/** Asks nothing of anybody yet. */
export function openDependencies(environment: LambdaEnvironment): ApiDependencies {
  const { schedule, ...service } = openService(environment);
  /** What was asked for is written down: where the schedule cannot be woken now, the next day's tick comes to it. */
  const resume = () =>
    schedule.resume().catch((error: unknown) => console.error('the schedule was not resumed', error));
  return {
    ...service,
    network: publicNetwork,
    models: storedModels(publicModels(builtInModels), storeObjects(service.store), {
      keepMs: keepModelsMs,
      mostModels,
      nowMs: Date.now,
    }),
    dataRoot: null,
    buckets: {},
    // Other instances revoke keys as well.
    known: new KnownKeys(0),
    operatorSha256: environment.operatorSha256,
    followers: new Followers({
      store: service.store,
      pollMs,
      keepMs: 60_000,
      readState: (id) => readSearchState(service.db, id),
    }),
    meter: logLine,
    readBody: readStream,
    // CloudFront leads predictions to a function of their own.
    onnx: null,
    limiter: new RateLimiter({ perSecond: 200, burst: 1000 }, service.clock),
    predictLimiter: new RateLimiter({ perSecond: 10_000, burst: 20_000 }, service.clock),
    swapLimiters: swapLimiters(service.clock),
    addressOf: (request, env) => forwardedFor(request, (env as FunctionUrlEvent).requestContext.http.sourceIp),
    // Links lead to S3.
    publicUrl: null,
    dataSetsWaiting: resume,
    measurementsWaiting: resume,
    searchesWaiting: resume,
    tenantsWaiting: resume,
    version,
  };
}
