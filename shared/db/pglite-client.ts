/** @file PGlite in its thread, as drizzle's PGlite driver asks for it. */
import type { Worker } from 'node:worker_threads';
import { FastpathError } from '../errors.ts';
import type { Reply, Request, RowMode, ThreadError } from './pglite-messages.ts';

type Unnumbered<T> = T extends unknown ? Omit<T, 'id'> : never;
interface Waiting {
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What drizzle calls, inside a transaction or not. */
export interface Queries {
  query(sql: string, params: unknown[], options: { rowMode: RowMode }): Promise<unknown>;
}

export class PgliteClient implements Queries {
  private lastId = 0;
  private readonly waiting = new Map<number | 'opened', Waiting>();
  private gone: FastpathError | null = null;
  /** settles once the thread has the database open, or could not */
  readonly opened: Promise<unknown>;

  constructor(private readonly thread: Worker) {
    this.opened = new Promise((resolve, reject) => this.waiting.set('opened', { resolve, reject }));
    thread.on('message', (reply: Reply) => this.settle(reply));
    thread.on('error', (cause) => this.end(cause));
    thread.on('exit', () => this.end());
  }

  query(sql: string, params: unknown[], { rowMode }: { rowMode: RowMode }): Promise<unknown> {
    return this.ask({ do: 'query', transaction: null, sql, params, rowMode });
  }

  async transaction<T>(work: (tx: Queries) => Promise<T>): Promise<T> {
    const transaction = this.lastId + 1;
    await this.ask({ do: 'begin' });
    const tx: Queries = {
      query: (sql, params, { rowMode }) => this.ask({ do: 'query', transaction, sql, params, rowMode }),
    };
    let result: T;
    try {
      result = await work(tx);
    } catch (error) {
      await this.ask({ do: 'end', transaction, commit: false });
      throw error;
    }
    await this.ask({ do: 'end', transaction, commit: true });
    return result;
  }

  /** Writes everything down and ends the thread. */
  async close(): Promise<void> {
    if (this.gone === null) await this.ask({ do: 'close' });
    await this.terminate();
  }

  /** Ends the thread as it is. */
  async terminate(): Promise<void> {
    await this.thread.terminate();
  }

  private ask(request: Unnumbered<Request>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.gone !== null) return reject(this.gone);
      const id = ++this.lastId;
      this.waiting.set(id, { resolve, reject });
      this.thread.postMessage({ ...request, id });
    });
  }

  private settle(reply: Reply): void {
    const waiting = this.waiting.get(reply.id)!;
    this.waiting.delete(reply.id);
    if (reply.error === undefined) waiting.resolve('result' in reply ? reply.result : undefined);
    else waiting.reject(fromThread(reply.error));
  }

  private end(cause?: unknown): void {
    this.gone ??= new FastpathError('database.unavailable', 'the database thread ended: start the server again', {
      retry: true,
      cause,
    });
    for (const { reject } of this.waiting.values()) reject(this.gone);
    this.waiting.clear();
  }
}

function fromThread({ message, ...fields }: ThreadError): Error {
  return Object.assign(new Error(message), fields);
}
