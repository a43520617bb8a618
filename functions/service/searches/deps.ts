/** @file What the services of searches are given. */
import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import type { searches } from '../../../shared/db/schema/index.ts';
import type { JobQueue } from '../../../shared/queue/job-queue.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';

/** What searches run on. */
export interface Machine {
  instanceType: string;
  /** 0: nothing is charged, and no cost limits the search */
  pricePerHourMicroUsd: number;
}

export interface SearchDeps {
  db: Db;
  store: ObjectStore;
  queue: JobQueue;
  clock: Clock;
  machine: Machine;
}

export type SearchRow = typeof searches.$inferSelect;
