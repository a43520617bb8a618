/** @file The built `fastpath` command as a process, the way people and programs run it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect } from 'vitest';

export const commandFile = join(import.meta.dirname, '../../.dist/functions/local/fastpath.js');

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export interface Running {
  process: ChildProcess;
  /** what it has said so far */
  out(): string;
  err(): string;
  ended: Promise<Ended>;
}

/** Commands that share a home and a working folder, both under `root`. */
export class Command {
  constructor(
    readonly root: string,
    private readonly env: NodeJS.ProcessEnv = {},
  ) {}

  get home(): string {
    return join(this.root, 'home');
  }

  start(...args: string[]): Running {
    const child = spawn(process.execPath, [commandFile, ...args], {
      cwd: this.root,
      env: {
        ...process.env,
        FASTPATH_HOME: this.home,
        FASTPATH_BACKEND: 'wasm',
        FASTPATH_CACHE: join(this.root, 'cache'),
        ...this.env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.err += text;
    });
    const ended = new Promise<Ended>((resolve) => {
      child.once('close', (code) => resolve({ code, ...said }));
    });
    return { process: child, out: () => said.out, err: () => said.err, ended };
  }

  run(...args: string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** Expects one `error: …` line that matches, as the last one on stderr, a non-zero exit, and nothing on stdout. */
  async expectRefusal(args: string[], line: RegExp): Promise<void> {
    const { code, out, err } = await this.run(...args);
    const lines = err.trimEnd().split('\n');
    expect(lines.at(-1)).toMatch(line);
    expect(lines.filter((each) => each.startsWith('error: '))).toEqual([lines.at(-1)]);
    // A stack trace, an unhandled rejection, or an error object printed as it is.
    expect(err).not.toMatch(/^\s+at |node:internal|Unhandled|\[cause\]|FastpathError|ZodError/m);
    expect(out).toBe('');
    expect(code).toBe(1);
  }
}
