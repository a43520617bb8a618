/** @file What the page asks the worker that times, and what it hears: one question at a time. */
import type { Runner } from '../../../../shared/latency/measuring/runner.ts';
import type { Backend } from './this-device.ts';

export type Question =
  | { ask: 'open'; of: [backend: Backend, folder: string] }
  | { ask: 'load'; of: Parameters<Runner['load']> }
  | { ask: 'visit'; of: Parameters<Runner['visit']> }
  | { ask: 'output'; of: Parameters<Runner['output']> };

export type Reply = { answer: unknown } | { failure: string };
