/** @file The thread that fits one latency model and ends. Started by fit-in-thread.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { FastpathError } from '../../../shared/errors.ts';
import { fitLatencyModel } from '../../../shared/latency/fit/fit-model.ts';
import type { FitReply, FitRequest } from './fit-in-thread.ts';

const { table, others } = workerData as FitRequest;

function answer(): FitReply {
  try {
    return { model: fitLatencyModel(table, others) };
  } catch (error) {
    // A thread's errors arrive without their code.
    if (!(error instanceof FastpathError)) throw error;
    return { code: error.code, message: error.message };
  }
}

parentPort!.postMessage(answer());
