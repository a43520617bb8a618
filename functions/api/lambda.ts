/** @file The whole API as an AWS Lambda function behind a function URL in the mode RESPONSE_STREAM. */
import { version } from '../../package.json';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { readLambdaEnvironment } from '../aws/environment.ts';
import { behindOrigin } from '../aws/origin.ts';
import { streamed } from '../aws/response-stream.ts';
import { openService } from '../aws/service.ts';
import { readStream } from '../predict/body.ts';
import { logLine } from '../predict/log-line.ts';
import { publicModels } from '../predict/public-models.ts';
import { storeObjects } from '../predict/store-objects.ts';
import { storedModels } from '../predict/stored-models.ts';
import { KnownKeys } from '../service/keys/known-keys.ts';
import { Followers } from '../service/progress/followers.ts';
import { readSearchState } from '../service/searches/find.ts';
import { publicNetwork } from '../service/webhooks/target.ts';
import { apiApp } from './app.ts';
import type { ApiDependencies } from './dependencies.ts';
import { RateLimiter } from './rate-limit.ts';

/** Each look costs a request to the store, and following one is worth a second. */
const pollMs = 1000;

/** Each look-up of a model costs a request to the store. */
const keepModelsMs = 5_000;
const mostModels = 100;

const environment = readLambdaEnvironment(process.env);
const { schedule, ...service } = await openService(environment);
/** What was asked for is written down: where the schedule cannot be woken now, the next day's tick comes to it. */
const resume = () => schedule.resume().catch((error: unknown) => console.error('the schedule was not resumed', error));
const dependencies: ApiDependencies = {
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
  readText: readStream,
  limiter: new RateLimiter({ perSecond: 200, burst: 1000 }, service.clock),
  predictLimiter: new RateLimiter({ perSecond: 10_000, burst: 20_000 }, service.clock),
  dataSetsWaiting: resume,
  measurementsWaiting: resume,
  searchesWaiting: resume,
  tenantsWaiting: resume,
  version,
};

export const handler = streamed(behindOrigin(environment.originSha256, apiApp(dependencies).fetch));
