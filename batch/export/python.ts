/** @file Runs code in the user's Python, which may have PyTorch, Keras or ONNX Runtime's tools, or not. */
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { FastpathError } from '../../shared/errors.ts';

/** `FASTPATH_PYTHON`, or the `python3` that is found. */
function pythonProgram(): string {
  const named = process.env.FASTPATH_PYTHON || 'python3';
  return named.includes('/') ? resolve(named) : named;
}

/** Python, or a package in it, is not here; the message says which, and what to do. */
export class PythonMissing extends FastpathError {}

/**
 * What the code printed last, as JSON.
 * @param folder of our own to run in: Python looks for modules where it runs
 * @param packages what it needs, as pip knows them
 * @param signal ends it
 * @throws PythonMissing `export.no-python`; FastpathError `export.python` where the code fails
 */
export async function runPython(
  code: string,
  args: readonly string[],
  folder: string,
  packages: string,
  signal: AbortSignal,
): Promise<unknown> {
  const program = pythonProgram();
  const advice = `install it with: ${program} -m pip install ${packages}; or name a Python that has it in FASTPATH_PYTHON`;
  // Neither warnings of frameworks nor GPUs have a part in this.
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3', CUDA_VISIBLE_DEVICES: '-1', KERAS_BACKEND: 'tensorflow' };
  const child = spawn(program, ['-c', code, ...args], {
    ...{ cwd: folder, env, signal },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const exitCode = await new Promise<number | null>((done, reject) => {
    child.once('close', done);
    child.once('error', (cause) => {
      if (signal.aborted) return reject(cause);
      const message = `there is no ${program}: install Python 3, or name one in FASTPATH_PYTHON`;
      reject(new PythonMissing('export.no-python', message, { cause }));
    });
  });
  if (exitCode === 0) return parseLast(out, program);
  const missing = /ModuleNotFoundError: No module named '([^']+)'/.exec(err);
  if (missing !== null) {
    throw new PythonMissing('export.no-python', `${program} has no ${missing[1]}: ${advice}`);
  }
  const reason = err.trimEnd().split('\n').at(-1) ?? '';
  throw new FastpathError('export.python', `${program} failed (${reason || `exit code ${exitCode}`})`);
}

function parseLast(out: string, program: string): unknown {
  const line = out.trimEnd().split('\n').at(-1)!;
  try {
    return JSON.parse(line);
  } catch (cause) {
    const message = `${program} ended with ${JSON.stringify(line.slice(0, 100))} where a result is expected: name another Python in FASTPATH_PYTHON`;
    throw new FastpathError('export.python', message, { cause });
  }
}
