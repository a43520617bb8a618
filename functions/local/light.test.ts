/** @file The command line stays light: nothing that trains or decodes can be loaded by it, now or lazily. */
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('no command can load training code: that runs in the worker’s own process', async () => {
  const { metafile } = await build({
    entryPoints: [`${import.meta.dirname}/fastpath.ts`],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    splitting: true,
    outdir: 'unused',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const files = Object.keys(metafile.inputs);
  const packages = Object.values(metafile.inputs).flatMap(({ imports }) => imports.map(({ path }) => path));
  expect(files.some((file) => file.startsWith('functions/local/'))).toBe(true);
  expect(packages).toContain('commander');
  expect(files.filter((file) => file.startsWith('batch/'))).toEqual([]);
  expect(packages.filter((name) => /^(@tensorflow|sharp|tar-stream)/.test(name))).toEqual([]);
});
