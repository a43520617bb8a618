import type { Clock } from '../../../shared/clock.ts';
import type { Db } from '../../../shared/db/db.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import type { StoredModels } from '../../predict/stored-models.ts';

/** What the services of hardware are given. */
export interface HardwareDeps {
  db: Db;
  store: ObjectStore;
  clock: Clock;
  models: StoredModels;
}
