/**
 * @file Feeds a job with batches that a thread of its own makes, so that reading, decoding and augmenting go on while
 * this thread computes: when a batch is taken the next one is already on its way, and arrives as finished arrays.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
// Loaded here first: libvips may not be unloaded when a thread that uses it ends.
import 'sharp';
import type { DataSetFacts } from '../../shared/data/data-set.ts';
import type { OpenDataOptions } from '../../shared/data/open-data.ts';
import { FastpathError } from '../../shared/errors.ts';
import { projectRoot } from '../project-root.ts';
import { Ahead } from './ahead.ts';
import type { BatchOptions, BatchSource, MadeBatch } from './batch-maker.ts';
import { BatchOrder } from './batch-order.ts';
import { BatchLoader, type Loader } from './batches.ts';
import type { FeedStart } from './feed-messages.ts';
import { FeedThread } from './feed-thread.ts';

/** Where `npm run build` puts the thread's code: Node starts no thread from sources. */
function threadFile(): string {
  return join(projectRoot(), '.dist/batch/data/loader-thread.js');
}

export class Feed {
  private loaders = 0;

  private constructor(
    private readonly thread: FeedThread,
    readonly dataSet: DataSetFacts,
  ) {}

  /**
   * Opens a data set in a thread. Throws what `openDataSet` throws, `data.thread-missing`, `data.thread-ended`,
   * `backend.images`.
   * @param imageAddon compiled code that decodes images by TensorFlow, which has to be loaded; null: libvips does
   */
  static async open(
    uri: string,
    options: OpenDataOptions,
    imageAddon: string | null = null,
    file = threadFile(),
  ): Promise<Feed> {
    if (!existsSync(file)) {
      throw new FastpathError('data.thread-missing', `the loader ${file} is missing; run: npm run build`);
    }
    const start: FeedStart = { uri, options, imageAddon };
    const thread = new FeedThread(uri, new Worker(file, { workerData: start, execArgv: [] }));
    try {
      return new Feed(thread, await thread.facts);
    } catch (error) {
      await thread.end();
      throw error;
    }
  }

  /** Throws `data.no-samples` where `samples` is empty; `get` also throws `data.thread-ended`. */
  loader(options: BatchOptions): Loader {
    return new BatchLoader(this.dataSet, options, () => new FedBatches(this.thread, this.loaders++, options));
  }

  /** Ends the thread, with whatever its loaders are still reading, and waits for its end. */
  async close(): Promise<void> {
    await this.thread.end();
  }
}

/** The batches of one loader in the thread; one finished batch waits on this side. */
class FedBatches implements BatchSource {
  private readonly order: BatchOrder;
  private readonly asked = new Ahead((position) => this.thread.make(this.loader, position));

  constructor(
    private readonly thread: FeedThread,
    private readonly loader: number,
    options: BatchOptions,
  ) {
    this.order = new BatchOrder(options);
    thread.openLoader(loader, options);
  }

  make(position: number): Promise<MadeBatch> {
    return this.asked.take(position, this.order.after(position, 1));
  }

  recycle(images: Float32Array): void {
    this.thread.recycle(this.loader, images);
  }

  async close(): Promise<void> {
    await Promise.all([this.asked.close(), this.thread.closeLoader(this.loader)]);
  }
}
