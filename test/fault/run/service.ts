/**
 * @file The service in this process as it runs on AWS: S3 over a line that breaks, jobs of the stand-in for AWS Batch
 * that really train, events that are lost or come twice, the reconciler behind them.
 */
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { eq, isNotNull } from 'drizzle-orm';
import { jobEvents } from '../../../functions/events/job-events.ts';
import { Reconciler } from '../../../functions/events/reconciler.ts';
import { publicModels } from '../../../functions/predict/public-models.ts';
import { topUp } from '../../../functions/service/credit/top-up.ts';
import { prepareOrder } from '../../../functions/service/orders/place-order.ts';
import type { SearchDeps, SearchRow } from '../../../functions/service/searches/deps.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { Order, OrderInput } from '../../../shared/contract/api/orders.ts';
import { orderRequestSchema } from '../../../shared/contract/api/orders.ts';
import { localTenant } from '../../../shared/contract/tenants.ts';
import { openDataSet } from '../../../shared/data/open-data.ts';
import { packDataSet } from '../../../shared/data/pack/pack-data-set.ts';
import type { OpenedDatabase } from '../../../shared/db/db.ts';
import { newId } from '../../../shared/db/id.ts';
import { dataSets, searches, tenants } from '../../../shared/db/schema/index.ts';
import { openTestDatabase } from '../../../shared/db/test-database.ts';
import { transact } from '../../../shared/db/transact.ts';
import { builtInModels } from '../../../shared/latency/built-in-models.ts';
import { jobEventOf } from '../../../shared/queue/batch-events.ts';
import { BatchQueue } from '../../../shared/queue/batch-queue.ts';
import { Random } from '../../../shared/random.ts';
import { S3Store } from '../../../shared/store/s3.ts';
import { writeTinyImages } from '../../integration/tiny-images.ts';
import { type BatchEvent, BatchServer } from '../../services/batch-server/server.ts';
import { type BreakingLine, calm, startBreakingLine } from '../../services/breaking-line.ts';
import { type S3Server, startS3Server } from '../../services/store-s3-server.ts';
import { worker } from '../worker-run.ts';

export const tenantId = localTenant;
export const fundedMicroUsd = 1_000_000_000;
const names = { jobQueue: 'searches', jobDefinition: 'worker' };
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const region = 'us-east-1';
const bucket = 'fastpath';
const price = { instanceType: 'test', pricePerHourUsd: 3.6, source: 'test', date: '2026-11-24' };
const machine = { instanceType: price.instanceType, pricePerHourMicroUsd: price.pricePerHourUsd * 1e6 };
/** Of events, as EventBridge promises only that they come. */
const lostEvents = 0.05;
const doubledEvents = 0.1;

/** What an order asks for beside its images. */
export type Form = Omit<OrderInput, 'dataSetId' | 'maxCostUsd'>;

export class Service {
  /** what could not be done at once and was tried again */
  readonly failures: unknown[] = [];

  private constructor(
    readonly deps: SearchDeps,
    /** the store without the line, to look at what came out */
    readonly store: S3Store,
    readonly line: BreakingLine,
    readonly batch: BatchServer,
    private readonly dataSetId: string,
    private readonly database: OpenedDatabase,
    private readonly s3: S3Server,
    private readonly reconciler: Reconciler,
  ) {}

  /** @param root empty folder @param onEvent told of each event before the service */
  static async start(root: string, seed: number, onEvent: (event: BatchEvent) => void): Promise<Service> {
    const s3 = await startS3Server();
    const here = { endpoint: s3.endpoint, region, credentials };
    await new S3Client({ ...here, forcePathStyle: true }).send(new CreateBucketCommand({ Bucket: bucket }));
    const line = await startBreakingLine(s3.endpoint, seed);
    line.shares = calm;
    let deliver = (_event: BatchEvent): void => {};
    const batch = await BatchServer.start({
      ...names,
      directory: join(root, 'jobs'),
      command: [process.execPath, worker],
      environment: {
        PATH: process.env.PATH,
        AWS_REGION: region,
        AWS_ACCESS_KEY_ID: credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
        AWS_ENDPOINT_URL: line.endpoint,
        FASTPATH_BACKEND: 'wasm',
        FASTPATH_CHECKPOINT_MS: '1000',
      },
      concurrency: 2,
      // Some workers have saved by then, and others are killed at it.
      graceMs: 1000,
      onEvent: (event) => {
        onEvent(event);
        deliver(event);
      },
    });
    const database = await openTestDatabase();
    const deps: SearchDeps = {
      db: database.db,
      store: new S3Store({ bucket, prefix: '', endpoint: line.endpoint, region, credentials }),
      queue: new BatchQueue({ ...names, endpoint: batch.endpoint, region, credentials }),
      clock: systemClock,
      machine,
    };
    const store = new S3Store({ bucket, prefix: '', ...here });
    const dataSetId = await prepare(deps, root, here);
    const reconciler = new Reconciler(deps, { periodMs: 2000, onFailure: (error) => service.failures.push(error) });
    const service = new Service(deps, store, line, batch, dataSetId, database, s3, reconciler);
    const events = jobEvents(deps, (error) => service.failures.push(error));
    const chance = Random.named(seed, 'events');
    deliver = (event) => {
      const drawn = chance.uniform();
      const times = drawn < lostEvents ? 0 : drawn < lostEvents + doubledEvents ? 2 : 1;
      for (let time = 0; time < times; time++) events.onEvent(jobEventOf(JSON.parse(JSON.stringify(event))));
    };
    return service;
  }

  /** Places an order. */
  async order(form: Form): Promise<Order> {
    const request = orderRequestSchema.parse({ ...form, dataSetId: this.dataSetId, maxCostUsd: 1 });
    const order = await prepareOrder({ ...this.deps, price, models: publicModels(builtInModels) }, tenantId, request);
    return transact(this.deps.db, (tx) => order.write(tx));
  }

  /** Submits what was ordered. */
  wake(): void {
    this.reconciler.wake();
  }

  async read(searchId: string): Promise<SearchRow> {
    return (await this.deps.db.select().from(searches).where(eq(searches.id, searchId)))[0]!;
  }

  /** Ids of all that have ended. */
  async over(): Promise<Set<string>> {
    const rows = await this.deps.db.select({ id: searches.id }).from(searches).where(isNotNull(searches.endedAt));
    return new Set(rows.map(({ id }) => id));
  }

  async stop(): Promise<void> {
    await this.reconciler.close();
    await this.batch.stop();
    await this.database.close();
    this.line.stop();
    await this.s3.stop();
  }
}

/** A tenant with credit, and images. @returns the data set's id */
async function prepare({ db, clock }: SearchDeps, root: string, here: object): Promise<string> {
  const createdAt = clock.now();
  await db.insert(tenants).values({ id: tenantId, name: 'faults', createdAt });
  await topUp({ db, clock }, tenantId, { amountMicroUsd: fundedMicroUsd, reference: 'test' });
  const shards = await writeTinyImages(join(root, 'images'));
  const images = await openDataSet(shards, { cacheDirectory: join(root, 'cache') });
  const target = new S3Store({ bucket, prefix: 'images', ...here });
  await packDataSet(images, target, { seed: 0, shardBytes: 400_000 });
  const id = newId('ds', { now: () => createdAt });
  const counts = {
    classes: images.classes.length,
    images: images.labels.length,
    bytes: 1,
    fingerprint: 'a'.repeat(64),
  };
  await db.insert(dataSets).values({
    ...{ id, tenantId, name: 'tiny', source: 'upload', uri: target.uri, ...counts },
    ...{ state: 'verified', createdAt, verifiedAt: createdAt },
  });
  return id;
}
