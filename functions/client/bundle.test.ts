/** @file What the client is made of: nothing of Node, no zod, nothing of the server. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the client bundles for browsers, in at most 8 KB', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${import.meta.dirname}/index.ts`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Unlike `node`, finds no built-in module: an import of one is an error.
    platform: 'browser',
    outdir: 'unused',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const inputs = Object.keys(metafile.inputs);
  const own = inputs
    .filter((file) => !file.includes('node_modules'))
    .map((file) => file.replace(/client\/.*/, 'client'));
  expect([...new Set(own)].sort()).toEqual([
    'functions/client',
    'shared/backoff.ts',
    'shared/errors.ts',
    'shared/search-state/search-state.ts',
  ]);
  const packages = inputs.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  expect([...new Set(packages)]).toEqual(['hono']);
  expect(gzipSync(outputFiles[0]!.contents).length).toBeLessThanOrEqual(8_000);
});
