import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import type { S3Location } from '../../../shared/store/open.ts';

export interface DataSetDependencies {
  db: Db;
  store: ObjectStore;
  clock: Clock;
  /** whose directories may be registered; null: none may, as on AWS */
  dataRoot: string | null;
  /** of customers' buckets and of the token service that opens them */
  buckets: Pick<S3Location, 'endpoint' | 'region'>;
}
