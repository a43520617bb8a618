import { expect, test } from 'vitest';
import { wheelFor } from './pins.ts';
import { cudaArguments, downloadArguments } from './wheel.ts';

test('each kind of machine has its wheel', () => {
  expect(wheelFor('cpu', 'linux', 'x64')).toMatchObject({ name: 'tensorflow-cpu', cudaLibraries: [] });
  expect(wheelFor('cpu', 'linux', 'arm64')).toMatchObject({ name: 'tensorflow', cudaLibraries: [] });
  expect(wheelFor('gpu', 'linux', 'x64').name).toBe('tensorflow');
});

test.each([
  ['cpu', 'darwin', 'arm64'],
  ['cpu', 'linux', 'ia32'],
  ['gpu', 'linux', 'arm64'],
] as const)('no wheel for %s on %s %s', (flavour, platform, arch) => {
  const code = 'native.platform';
  expect(() => wheelFor(flavour, platform, arch)).toThrowError(expect.objectContaining({ code }));
});

test('pip is asked for exact versions, whatever Python runs it', () => {
  const pin = wheelFor('gpu', 'linux', 'x64');
  const download = downloadArguments(pin, 'to');
  expect(download.at(-1)).toMatch(/^tensorflow==\d+\.\d+\.\d+$/);
  expect(download.join(' ')).toContain('--platform manylinux_2_27_x86_64 --dest to');
  const [verb, ...rest] = cudaArguments(pin, 'to');
  expect([verb, ...rest.slice(0, 3)]).toEqual(['install', '--no-compile', '--target', 'to']);
  for (const requirement of rest.slice(3)) expect(requirement).toMatch(/^nvidia-[a-z-]+-cu12==[\d.]+$/);
});
