/** @file `fastpath prune DIR`: the path of a finished search chosen again, under other budgets or corrected models. */
import { FastpathError } from '../../../shared/errors.ts';
import type { Console } from '../console.ts';
import { type FinishedSearch, readFinishedSearch, type Target } from '../finished-search.ts';
import { pruneSpec } from '../prune-spec.ts';
import { runJob } from '../run-job.ts';
import { workerStarter } from '../worker-process.ts';

export interface PruneFlags {
  hardware?: string[];
  budgetMs?: number[];
  out?: string;
  json?: boolean;
}

/** The exit code. */
export async function prune(folder: string, flags: PruneFlags, console: Console): Promise<number> {
  const found = await readFinishedSearch(folder);
  const spec = await pruneSpec(found, targetsOf(flags, found));
  return runJob(spec, { out: flags.out, json: flags.json === true, startWorker: workerStarter(), console });
}

/** Hardware and budgets that were not given are the search's. */
function targetsOf({ hardware, budgetMs }: PruneFlags, { targets }: FinishedSearch): Target[] {
  const ids = hardware ?? targets.map((target) => target.hardware);
  const budgets = budgetMs ?? ids.map((id) => targets.find((target) => target.hardware === id)?.budgetMs);
  if (ids.length !== budgets.length || budgets.includes(undefined)) {
    const message = `${ids.length} hardware (${ids.join(', ')}) need as many budgets: give one --budget-ms for each, in that order`;
    throw new FastpathError('flags.pairs', message);
  }
  return ids.map((id, i) => ({ hardware: id, budgetMs: budgets[i]! }));
}
