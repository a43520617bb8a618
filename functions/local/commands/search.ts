/** @file `fastpath search`: finds the architecture for the data and the latency budget. */
import type { Console } from '../console.ts';
import { runJob } from '../run-job.ts';
import { type SearchFlags, searchSpec } from '../search-spec.ts';
import { workerStarter } from '../worker-process.ts';

export interface SearchCommandFlags extends SearchFlags {
  out?: string;
  json?: boolean;
}

/** The exit code. */
export async function search(flags: SearchCommandFlags, console: Console): Promise<number> {
  const spec = await searchSpec(flags);
  return runJob(spec, { out: flags.out, json: flags.json === true, startWorker: workerStarter(), console });
}
