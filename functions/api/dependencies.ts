/** @file What the API is given: everything with an effect, and the limits that an operator may set. */
import type { Clock } from '../../shared/clock.ts';
import type { Db } from '../../shared/db/db.ts';
import type { JobQueue } from '../../shared/queue/job-queue.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import type { Meter, ModelSource, ReadText } from '../predict/ports.ts';
import type { Caller } from './context.ts';
import type { RateLimiter } from './rate-limit.ts';

export interface ApiDependencies {
  db: Db;
  store: ObjectStore;
  queue: JobQueue;
  clock: Clock;
  /**
   * Whose key this is; null for one that is not known or was revoked.
   * @param fresh false: what was known within the last minute will do
   */
  authenticate: (secret: string, fresh: boolean) => Promise<Caller | null>;
  models: ModelSource;
  meter: Meter;
  readText: ReadText;
  /** for everything but predictions */
  limiter: RateLimiter;
  /** for predictions, which are many and cheap */
  predictLimiter: RateLimiter;
  version: string;
}
