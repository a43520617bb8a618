import { expect, test } from 'vitest';
import { FastpathError } from '../../../../shared/errors.ts';
import { newestNapi } from './package.ts';
import type { SetupRecord } from './record.ts';
import { firstThatWorks, summary } from './setup.ts';

const failWith = (message: string) => Promise.reject(new FastpathError('native.test', message));

test('the first source that works is taken, and why not those before it', async () => {
  const reasons: string[] = [];
  const attempt = (name: string) => (name === 'wheel' ? Promise.resolve(name) : failWith(`no ${name}`));
  expect(await firstThatWorks(['official', 'wheel', 'other'], reasons, attempt)).toBe('wheel');
  expect(reasons).toEqual(['no official']);
});

test('when none works each says why; a bug is not hidden', async () => {
  const none = firstThatWorks(['a', 'b'], [], (name) => failWith(`no ${name}`));
  await expect(none).rejects.toThrow('no b; no a');
  const bug = firstThatWorks(['a', 'b'], [], () => Promise.reject(new TypeError('bug')));
  await expect(bug).rejects.toThrow(TypeError);
});

test('one line says what is used', () => {
  const report = { tensorflow: '2.21.0', gpu: false, difference: 0 };
  const record: SetupRecord = { flavour: 'cpu', source: 'wheel', version: '2.21.0', label: 'wheel tensorflow-cpu' };
  expect(summary({ record, addons: 'compiled', report }, ['the host answers 403'], false)).toBe(
    'Native backend ready: @tensorflow/tfjs-node 4.22.0 with TensorFlow 2.21.0 on the CPU ' +
      '(wheel tensorflow-cpu; the host answers 403); training kernels and image decoder compiled',
  );
  expect(summary({ record: { ...record, flavour: 'gpu' }, addons: 'nothing to compile', report }, [], true)).toBe(
    'Native backend ready: @tensorflow/tfjs-node-gpu 4.22.0 with TensorFlow 2.21.0 on the CPU, for it sees no GPU ' +
      '(already there, wheel tensorflow-cpu)',
  );
});

test('the package asks for the newest N-API that it and Node have', () => {
  expect(newestNapi([3, 4, 5, 6, 7, 8], 9)).toBe(8);
  expect(newestNapi([3, 4, 5, 6, 7, 8], 6)).toBe(6);
});
