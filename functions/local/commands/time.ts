/** @file `fastpath time FILE --hardware ID`: times one network on this machine and corrects the machine's model. */
import { type Console, writeJson } from '../console.ts';
import { readArchitecture } from '../input-file.ts';
import { timeNetwork } from '../measure/time-network.ts';
import { printTiming } from '../measure/timing-report.ts';
import { interruptedExitCode } from '../signals.ts';

export interface TimeFlags {
  hardware: string;
  rounds: number;
  json?: boolean;
}

/** The exit code. */
export async function timeFile(file: string, flags: TimeFlags, console: Console): Promise<number> {
  const { hardware, rounds, json = false } = flags;
  const timing = await timeNetwork(await readArchitecture(file), hardware, { rounds, json, console });
  if (timing === null) return interruptedExitCode;
  if (json) writeJson(console, timing);
  else printTiming(timing, null, console);
  return 0;
}
