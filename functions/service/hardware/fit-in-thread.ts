/** @file Fits latency models beside the thread that answers requests: hundreds of whole networks take many seconds. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { LatencyTable } from '../../../shared/contract/latency.ts';
import type { LatencyModelData } from '../../../shared/contract/latency-model.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { findFile } from '../../../shared/find-file.ts';
import type { FitModel } from './fit-stored.ts';

export interface FitRequest {
  table: LatencyTable;
  others: readonly LatencyTable[];
}

export type FitReply = { model: LatencyModelData } | { code: string; message: string };

/**
 * `fitLatencyModel` in threads of their own, one for each model.
 * @param stop ends those at work, which then throw an AbortError
 */
export function fitInThread(stop: AbortSignal): FitModel {
  return async (table, others) => {
    // Node starts no thread from sources.
    const file = findFile('.dist/functions/service/hardware/fit-thread.js');
    const thread = new Worker(file, { workerData: { table, others } satisfies FitRequest, execArgv: [] });
    try {
      // Rejects with what the thread threw, where it answers nothing.
      const [reply] = (await once(thread, 'message', { signal: stop })) as [FitReply];
      if ('model' in reply) return reply.model;
      throw new FastpathError(reply.code, reply.message);
    } finally {
      await thread.terminate();
    }
  };
}
