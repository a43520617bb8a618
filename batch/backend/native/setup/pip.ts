/** @file Python's package installer: the one that is there, or one in a virtual environment made for the purpose. */
import { join } from 'node:path';
import { runCommand } from './command.ts';

export type Pip = (args: readonly string[], what: string) => Promise<string>;

const noPython = 'install Python 3, on Debian and Ubuntu: apt-get install python3 python3-venv';

/**
 * @param scratch an empty folder for the virtual environment
 * @throws FastpathError `native.no-python`, and from its use `native.pip`
 */
export async function findPip(scratch: string): Promise<Pip> {
  const python = (args: readonly string[], what: string) =>
    runCommand('python3', args, { code: 'native.no-python', what, missing: noPython });
  await python(['--version'], 'Python');
  let program = 'python3';
  try {
    await python(['-m', 'pip', '--version'], 'pip');
  } catch {
    const venv = join(scratch, 'venv');
    await python(
      ['-m', 'venv', venv],
      'making a virtual environment (Debian and Ubuntu: apt-get install python3-venv)',
    );
    program = join(venv, 'bin/python');
  }
  const quietly = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:'];
  return ([verb, ...rest], what) =>
    runCommand(program, ['-m', 'pip', verb!, ...quietly, ...rest], { code: 'native.pip', what });
}
