/**
 * @file `fastpath verify DIR`: times the network that a search found on this machine, which corrects the model, and
 * prunes again where it is over budget, until a network is within or a few rounds are done.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Verification, verificationSchema } from '../../../shared/contract/verification.ts';
import { specFile } from '../../service/search-spec/spec-file.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { readFinishedSearch, type Target } from '../finished-search.ts';
import { openRegistry } from '../hardware-registry.ts';
import { writeOutFile } from '../measure/out-file.ts';
import { openAs } from '../measure/this-machine.ts';
import { timeNetwork } from '../measure/time-network.ts';
import { printTiming } from '../measure/timing-report.ts';
import { resultIn } from '../out-folder.ts';
import { pruneSpec } from '../prune-spec.ts';
import { deliverJob } from '../run-job.ts';
import { interruptedExitCode } from '../signals.ts';
import { printSummary } from '../summary.ts';
import { workerStarter } from '../worker-process.ts';

export interface VerifyFlags {
  rounds: number;
  json?: boolean;
}

export const defaultTimingRounds = 20;
const mostPrunings = 3;

/** The exit code. Results of prunings lie in folders within `folder`, beside a verification.json. */
export async function verify(folder: string, flags: VerifyFlags, console: Console): Promise<number> {
  const { rounds, json = false } = flags;
  const verification: Verification = { format: 'fastpath.verification/1', rounds: [] };
  const file = join(folder, 'verification.json');
  let place = '.';
  for (let prunings = 0; ; prunings++) {
    const found = await readFinishedSearch(join(folder, place));
    const timings: Verification['rounds'][number]['timings'] = [];
    for (const { hardware, budgetMs } of found.targets) {
      const timing = await timeNetwork(found.architecture, hardware, { rounds, json, console });
      if (timing === null) return stopped(folder, console);
      timings.push({ budgetMs, ...timing });
      if (!json) printTiming(timing, budgetMs, console);
    }
    const within = timings.every(({ measuredMs, budgetMs }) => measuredMs <= budgetMs);
    verification.rounds.push({ folder: place, timings, within });
    await writeOutFile(file, verificationSchema.parse(verification));
    if (within || prunings === mostPrunings) break;

    const spec = await pruneSpec(found, found.targets);
    place = `pruned-${specFile(spec).id}`;
    const options = { out: join(folder, place), json, startWorker: workerStarter(), console };
    if ((await deliverJob(spec, options)) === null) return stopped(folder, console);
  }
  const final = join(folder, place);
  const saved = resultIn(final, await readdir(final));
  if (json) writeJson(console, { type: 'result', ...saved, verification: file });
  else {
    await printSummary(saved, console);
    writeLine(console.out, `  ${file}`);
  }
  if (!verification.rounds.at(-1)!.within) {
    const hint = 'search again: the model knows more of this machine now';
    writeLine(console.err, `warning: still over budget after ${mostPrunings} prunings: ${hint}`);
  }
  return 0;
}

/** Whether a search for these could be verified: to be asked before the search. @throws FastpathError as `openAs` does */
export async function checkVerifiable(hardware: readonly Target['hardware'][]): Promise<void> {
  for (const id of hardware) await (await openAs((await openRegistry().findTable(id)).hardware)).close();
}

function stopped(folder: string, console: Console): number {
  writeLine(console.err, `stopped: fastpath verify ${folder} goes on`);
  return interruptedExitCode;
}
