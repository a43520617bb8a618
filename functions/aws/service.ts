/** @file What the Lambda functions run on: S3, AWS Batch, Aurora. */
import { systemClock } from '../../shared/clock.ts';
import { openDataApi } from '../../shared/db/open-data-api.ts';
import { priceOf } from '../../shared/pricing/prices.ts';
import { BatchQueue } from '../../shared/queue/batch-queue.ts';
import { LateStore } from '../../shared/store/late-store.ts';
import { openStore } from '../../shared/store/open.ts';
import type { OrderDeps } from '../service/orders/deps.ts';
import type { SearchDeps } from '../service/searches/deps.ts';
import type { LambdaEnvironment } from './environment.ts';
import { Schedule } from './schedule.ts';

export interface Service extends SearchDeps, Pick<OrderDeps, 'price'> {
  schedule: Schedule;
}

/** Asks none of them anything yet: instances come and go, and deploying has made the tables. */
export function openService(environment: LambdaEnvironment): Service {
  const { jobQueue, jobDefinition, instanceType, pricePerHourUsd, scheduleRule } = environment;
  const price = priceOf(instanceType, pricePerHourUsd, systemClock.now());
  return {
    db: openDataApi(environment.database).db,
    store: new LateStore(environment.store, () => openStore(environment.store)),
    queue: new BatchQueue({ jobQueue, jobDefinition }),
    clock: systemClock,
    price,
    machine: { instanceType, pricePerHourMicroUsd: Math.round(price.pricePerHourUsd * 1e6) },
    schedule: new Schedule(scheduleRule),
  };
}
