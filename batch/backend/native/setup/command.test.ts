import { expect, test } from 'vitest';
import { runCommand, telling } from './command.ts';

test.each([
  [
    'the first error of a compiler',
    'In file a.h:\nx.cc:1:2: error: no y\nx.cc:9:2: error: no z',
    'x.cc:1:2: error: no y',
  ],
  [
    'an exception, not its stack',
    "throw new Error('x')\n\nError: a.so: cannot open\n    at main",
    'Error: a.so: cannot open',
  ],
  [
    'what npm lacks, not its log',
    'npm error notarget No such\nnpm error A log: error.log',
    'npm error notarget No such',
  ],
  [
    'why pip finds nothing',
    "WARNING: ('Failed to establish a new connection: refused')\nERROR: No matching",
    'Failed to establish a new connection: refused',
  ],
  ['the last line of anything else', 'one\ntwo\n', 'two'],
  ['nothing', '\n', undefined],
])('tells %s', (_, text, expected) => {
  expect(telling(text)).toBe(expected);
});

test('returns what the program wrote', async () => {
  const args = ['-p', 'process.env.COLOUR'];
  const options = { code: 'native.test', what: 'printing', env: { COLOUR: 'green' } };
  expect(await runCommand(process.execPath, args, options)).toBe('green\n');
});

test('a program that is not there', async () => {
  const run = runCommand('fastpath-no-such-program', [], {
    code: 'native.none',
    what: 'the test',
    missing: 'install it',
  });
  const message = 'the test cannot start: there is no fastpath-no-such-program; install it';
  await expect(run).rejects.toMatchObject({ code: 'native.none', message });
});

test('a program that fails, and one that takes too long', async () => {
  const failing = runCommand(process.execPath, ['-e', 'throw new RangeError("9")'], {
    code: 'native.a',
    what: 'counting',
  });
  await expect(failing).rejects.toMatchObject({ code: 'native.a', message: 'counting failed: RangeError: 9' });
  const options = { code: 'native.b', what: 'waiting', timeoutMs: 100 };
  const slow = runCommand(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)'], options);
  await expect(slow).rejects.toMatchObject({ message: 'waiting failed: it took longer than 0.1 s' });
});
