/** @file The feed's end of its thread: requests out, replies in, and an error for all that wait where it ends early. */
import type { Worker } from 'node:worker_threads';
import type { DataSetFacts } from '../../shared/data/data-set.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { BatchOptions, MadeBatch } from './batch-maker.ts';
import { type FeedReply, type FeedRequest, receivedError } from './feed-messages.ts';

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class FeedThread {
  /** of the data set that the thread opens first of all */
  readonly facts: Promise<DataSetFacts>;
  private readonly waiting = new Map<number, Waiting>();
  private calls = 0;
  private ended: FastpathError | null = null;

  constructor(
    private readonly uri: string,
    private readonly worker: Worker,
  ) {
    this.facts = this.reply<DataSetFacts>(this.calls++);
    worker.on('message', (reply: FeedReply) => {
      const waiting = this.waiting.get(reply.call);
      this.waiting.delete(reply.call);
      if ('error' in reply) waiting?.reject(receivedError(reply.error));
      else waiting?.resolve(reply.value);
    });
    worker.on('error', (error) => this.giveUp(error));
    worker.on('messageerror', (error) => this.giveUp(error));
    worker.on('exit', (code) => this.giveUp(new Error(`exit code ${code}`)));
  }

  openLoader(loader: number, options: BatchOptions): void {
    this.send({ kind: 'open', loader, options });
  }

  make(loader: number, position: number): Promise<MadeBatch> {
    const call = this.calls++;
    const made = this.reply<MadeBatch>(call);
    this.send({ kind: 'make', call, loader, position });
    return made;
  }

  /** The memory goes over to the thread. */
  recycle(loader: number, images: Float32Array): void {
    if (images.buffer.byteLength > 0) this.send({ kind: 'recycle', loader, images }, [images.buffer as ArrayBuffer]);
  }

  /** Waits for what the loader is reading; a thread that has ended reads nothing. */
  async closeLoader(loader: number): Promise<void> {
    if (this.ended !== null) return;
    const call = this.calls++;
    const closed = this.reply(call);
    this.send({ kind: 'close', call, loader });
    await closed.catch((error) => {
      if (error !== this.ended) throw error;
    });
  }

  /** Ends the thread and waits for its end. */
  async end(): Promise<void> {
    this.ended ??= new FastpathError('data.thread-ended', `The feed of ${this.uri} is closed.`);
    await this.worker.terminate();
  }

  private send(request: FeedRequest, transferred: ArrayBuffer[] = []): void {
    this.worker.postMessage(request, transferred);
  }

  private reply<T>(call: number): Promise<T> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.ended !== null) reject(this.ended);
      else this.waiting.set(call, { resolve, reject });
    }) as Promise<T>;
  }

  private giveUp(cause: Error): void {
    this.ended ??= endedEarly(this.uri, cause);
    for (const { reject } of this.waiting.values()) reject(this.ended);
    this.waiting.clear();
  }
}

function endedEarly(uri: string, cause: Error & { code?: string }): FastpathError {
  const advice =
    cause.code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'give it more memory (NODE_OPTIONS=--max-old-space-size=MB) or a smaller batch'
      : 'start it again, and it goes on from its last checkpoint';
  const message = `The thread that reads the images of ${uri} ended (${cause.message}): ${advice}.`;
  return new FastpathError('data.thread-ended', message, { retry: true, cause });
}
