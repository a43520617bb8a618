/**
 * @file One process of a job, which may outlive the process that started it. A shell stands above it as the leader of
 * a process group: it waits for a word before it starts anything, so that nothing runs that is not written down, and it
 * writes the exit code to a file, where whoever adopts the job finds it.
 */
import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { processStart } from '../process-start.ts';

/** With a trap (and not with an ignored signal, which the command would inherit) the shell outlives a signal to its group. */
const script = `trap : TERM INT HUP
exit_file=$1
shift
read -r word || exit 125
"$@" </dev/null
code=$?
echo $code >"$exit_file.new" && mv "$exit_file.new" "$exit_file"
exit $code`;

const pollMs = 200;

export interface ProcessName {
  pid: number;
  /** see `processStart` */
  start: string;
}

export interface JobProcess {
  name: ProcessName;
  /** the exit code as a shell sees it; null where the process was killed so that nothing could note one */
  exited: Promise<number | null>;
  /** to the process and what it has started */
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
}

export interface PreparedProcess extends JobProcess {
  /** Lets it run. */
  begin(): void;
}

export interface ProcessPlan {
  command: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** gets what it prints */
  log: string;
  exitFile: string;
}

/** A process that stands ready, and dies with this one if that ends before `begin`. */
export async function prepareProcess(plan: ProcessPlan): Promise<PreparedProcess> {
  const log = await open(plan.log, 'a');
  try {
    const child = spawn('/bin/sh', ['-c', script, 'sh', plan.exitFile, ...plan.command], {
      env: plan.environment,
      stdio: ['pipe', log.fd, log.fd],
      detached: true,
    });
    const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    // A child that is killed before it reads breaks the pipe; its exit says so already.
    child.stdin!.on('error', () => {});
    const pid = child.pid!;
    const start = (await processStart(pid)) ?? '';
    return {
      name: { pid, start },
      exited: exited.then(() => readExit(plan.exitFile, pid)),
      signal: (signal) => signalGroup(pid, signal),
      begin: () => {
        child.stdin!.end('go\n');
        child.unref();
      },
    };
  } finally {
    await log.close();
  }
}

/** The process of that name, whoever started it; also one that has ended already. */
export function adoptProcess(name: ProcessName, exitFile: string): JobProcess {
  const gone = async () => {
    while ((await processStart(name.pid)) === name.start) {
      await new Promise((resolve) => setTimeout(resolve, pollMs).unref());
    }
  };
  return {
    name,
    exited: gone().then(() => readExit(exitFile, name.pid)),
    signal: (signal) => signalGroup(name.pid, signal),
  };
}

async function readExit(exitFile: string, pid: number): Promise<number | null> {
  const text = await readFile(exitFile, 'utf8').catch(() => null);
  if (text !== null) return Number(text);
  // The shell was killed: what it started must not live on beside another attempt.
  if ((await processStart(pid)) === null) signalGroup(pid, 'SIGKILL');
  return null;
}

function signalGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
