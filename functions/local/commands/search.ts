/** @file `fastpath search`: finds the architecture for the data and the latency budget. */
import { dirname } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import type { Console } from '../console.ts';
import { deliverJob, runJob } from '../run-job.ts';
import type { SearchFlags } from '../search-flags.ts';
import { searchSpec } from '../search-spec.ts';
import { interruptedExitCode } from '../signals.ts';
import { workerStarter } from '../worker-process.ts';

export interface SearchCommandFlags extends SearchFlags {
  out?: string;
  /** folder of the worker's cache */
  cache?: string;
  verify?: boolean;
  maxCost?: number;
  json?: boolean;
}

/** The exit code. */
export async function search(flags: SearchCommandFlags, console: Console): Promise<number> {
  if (flags.maxCost !== undefined) {
    throw new FastpathError('flags.max-cost', '--max-cost is for searches that are ordered: give --api too');
  }
  if (flags.each === true || flags.seeds !== undefined) {
    throw new FastpathError(
      'flags.sweep',
      '--each and --seeds make several searches, which are ordered: give --api too',
    );
  }
  const spec = await searchSpec(flags);
  const options = {
    out: flags.out,
    json: flags.json === true,
    startWorker: workerStarter({ cache: flags.cache }),
    console,
  };
  if (flags.verify !== true) return runJob(spec, options);
  const { checkVerifiable, defaultTimingRounds, verify } = await import('./verify.ts');
  await checkVerifiable(flags.hardware);
  const saved = await deliverJob(spec, options);
  if (saved === null) return interruptedExitCode;
  return verify(dirname(saved.architecture), { rounds: defaultTimingRounds, json: options.json }, console);
}
