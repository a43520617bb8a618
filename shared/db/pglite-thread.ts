/** @file The thread that runs PGlite, so that a slow query stalls nobody. Started by open-pglite.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite, type Transaction, types } from '@electric-sql/pglite';
import type { Reply, Request, ThreadError } from './pglite-messages.ts';

const port = parentPort!;
const post = (reply: Reply) => port.postMessage(reply);

/** Dates travel as PostgreSQL writes them: the columns of the schema read them. */
const asWritten = (value: string) => value;
const dateTypes = [types.TIMESTAMP, types.TIMESTAMPTZ, types.INTERVAL, types.DATE, 1231, 1115, 1185, 1187, 1182];
const parsers = Object.fromEntries(dateTypes.map((type) => [type, asWritten]));

interface Open {
  tx: Transaction;
  end(commit: boolean): void;
  ended: Promise<void>;
}
const transactions = new Map<number, Open>();

function toThreadError(error: unknown): ThreadError {
  const { message, code, constraint, table, detail } = error as ThreadError;
  return { message, code, constraint, table, detail } as ThreadError;
}

const rolledBack = new Error('rolled back');

async function begin(client: PGlite, id: number): Promise<void> {
  let end: (commit: boolean) => void = () => {};
  const decision = new Promise<boolean>((resolve) => {
    end = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    const ended = client.transaction(async (tx) => {
      transactions.set(id, { tx, end, ended });
      resolve();
      if (!(await decision)) throw rolledBack;
    });
    // Before it began: the caller learns of it. Afterwards: whoever ends it does.
    ended.catch(reject);
  });
}

async function answer(client: PGlite, request: Request): Promise<unknown> {
  switch (request.do) {
    case 'query': {
      const { sql, params, rowMode, transaction } = request;
      const on = transaction === null ? client : transactions.get(transaction)!.tx;
      const { rows, affectedRows, fields } = await on.query(sql, params, { rowMode, parsers });
      return { rows, affectedRows, fields };
    }
    case 'begin':
      return await begin(client, request.id);
    case 'end': {
      const { end, ended } = transactions.get(request.transaction)!;
      transactions.delete(request.transaction);
      end(request.commit);
      return await ended.catch((error) => {
        if (error !== rolledBack) throw error;
      });
    }
    case 'close':
      return await client.close();
  }
}

try {
  const client = await PGlite.create(workerData.directory);
  port.on('message', async (request: Request) => {
    try {
      post({ id: request.id, result: await answer(client, request) });
    } catch (error) {
      post({ id: request.id, error: toThreadError(error) });
    }
    if (request.do === 'close') port.close();
  });
  post({ id: 'opened' });
} catch (error) {
  post({ id: 'opened', error: toThreadError(error) });
}
