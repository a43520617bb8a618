/** @file What a job gets from its surroundings: where it reads and writes, and how it is stopped. */
import type { JobSession } from '../../shared/contract/job-credentials.ts';
import type { ObjectStore } from '../../shared/store/object-store.ts';
import type { ComputeLimit } from './compute-limit.ts';
import type { ProgressWriter } from './progress-writer.ts';
import type { StopSignal } from './stop.ts';

export interface JobContext {
  store: ObjectStore;
  /** where checkpoints go: the same as `store`, or one of its own */
  checkpoints: ObjectStore;
  /** what data sets in the cloud are opened with; null: what the machine itself may open */
  session: JobSession | null;
  /** the search's place in the store, without a final slash */
  prefix: string;
  specSha256: string;
  progress: ProgressWriter;
  stop: StopSignal;
  limit: ComputeLimit;
  checkpointEveryMs: number;
  /** a local directory for files that can be made again, or null */
  cacheDirectory: string | null;
  /** what computes, for the record */
  backend: string;
  /** compiled code that decodes images with what computes, see `SelectedBackend` */
  imageAddon: string | null;
}
