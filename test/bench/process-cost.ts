/** @file What another process has cost so far, from /proc: CPU time does not depend on who else uses the machine. */
import { readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second. */
const tickMs = 10;

/** User and system time of all its threads. */
export function cpuMsOf(pid: number): number {
  const [, after] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = after!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}

export function rssBytesOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return Number(kilobytes) * 1024;
}

/** User and system time of all processes that this one started and that have ended, with theirs. */
export function childCpuSeconds(): number {
  const [, after] = readFileSync('/proc/self/stat', 'utf8').split(') ');
  const fields = after!.split(' ');
  return ((Number(fields[13]) + Number(fields[14])) * tickMs) / 1000;
}
