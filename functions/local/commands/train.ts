/** @file `fastpath train`: trains one architecture, from scratch or from given weights. */
import type { Console } from '../console.ts';
import { homeDirectory } from '../home.ts';
import { runJob } from '../run-job.ts';
import { type TrainFlags, trainSpec } from '../train-spec.ts';
import { workerStarter } from '../worker-process.ts';

export interface TrainCommandFlags extends TrainFlags {
  out?: string;
  /** folder of the worker's cache */
  cache?: string;
  json?: boolean;
}

/** The exit code. */
export async function train(flags: TrainCommandFlags, console: Console): Promise<number> {
  const spec = await trainSpec(flags, homeDirectory());
  return runJob(spec, {
    out: flags.out,
    json: flags.json === true,
    startWorker: workerStarter({ cache: flags.cache }),
    console,
  });
}
