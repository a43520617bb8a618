/** @file Runs other programs: quietly when they succeed, with the line that matters when they fail. */
import { spawn } from 'node:child_process';
import { FastpathError } from '../../../../shared/errors.ts';

export interface CommandOptions {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Code of the error thrown when it fails. */
  code: string;
  /** What it does, for the error: `npm install`. */
  what: string;
  /** What a person can do when the program itself is not there. */
  missing?: string;
  timeoutMs?: number;
}

/**
 * Runs a program to its end.
 * @returns what it wrote to standard output
 * @throws FastpathError with the given code when it cannot start, fails or takes too long
 */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { cwd, env, code, what, missing, timeoutMs } = options;
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.once('error', (cause) => {
      const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? `there is no ${program}` : cause.message;
      reject(new FastpathError(code, `${what} cannot start: ${reason}${missing ? `; ${missing}` : ''}`, { cause }));
    });
    child.once('close', (status, signal) => {
      if (status === 0) return resolve(out);
      const late = signal !== null && timeoutMs !== undefined && performance.now() - start >= timeoutMs;
      const ended = late
        ? `it took longer than ${timeoutMs / 1000} s`
        : `it ended with ${signal ?? `status ${status}`}`;
      const reason = signal ? ended : (telling(err) ?? telling(out) ?? ended);
      reject(new FastpathError(code, `${what} failed: ${reason}`, { cause: new Error(err || out) }));
    });
  });
}

/** What compilers, Node, npm and pip say when they fail, the most telling first. */
const complaints = [
  /Failed to establish a new connection[^']*/,
  /^.*(?:\berror: |undefined reference).*$/m,
  /\b\w*Error: .*$/m,
  /^npm error (?:notarget|404) .*$/m,
  /^ERROR: No matching .*$/m,
];

/** The part of a program's complaint that says most, at last its last line. */
export function telling(text: string): string | undefined {
  const found = complaints.map((pattern) => pattern.exec(text)?.[0]).find(Boolean);
  const line = found ?? text.trim().split('\n').at(-1);
  return line?.trim().slice(0, 300) || undefined;
}
