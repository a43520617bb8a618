/** @file When a process started: with its id it names the process for good, also after the id is used again. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/**
 * An opaque mark of the process's start, letters and digits only, or null where no such process runs. A zombie does
 * not run: nothing may be left to reap it.
 */
export async function processStart(pid: number): Promise<string | null> {
  return process.platform === 'linux' ? linuxStart(pid) : posixStart(pid);
}

/** Field 22 of /proc/PID/stat (proc(5)): clock ticks from boot to the start. Field 2 may hold spaces and brackets. */
async function linuxStart(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  if (state === undefined || ticks === undefined || 'ZX'.includes(state)) return null;
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  return `${boot.slice(0, 8)}t${ticks}`;
}

async function posixStart(pid: number): Promise<string | null> {
  const reply = await promisify(execFile)('ps', ['-o', 'stat=,lstart=', '-p', String(pid)]).catch(() => null);
  const [state, ...start] = reply?.stdout.trim().split(/\s+/) ?? [];
  if (state === undefined || state === '' || state.startsWith('Z')) return null;
  return start.join('').replace(/[^A-Za-z0-9]/g, '');
}
