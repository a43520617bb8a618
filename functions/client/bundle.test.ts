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
    // What is loaded when it is used counts apart.
    splitting: true,
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
    'shared/contract/problem.ts',
    'shared/errors.ts',
    'shared/onnx/read-model.ts',
    'shared/onnx/strip-weights.ts',
    'shared/onnx/wire-fields.ts',
    'shared/search-state/search-state.ts',
  ]);
  const packages = inputs.flatMap((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? []);
  expect([...new Set(packages)].sort()).toEqual(['@bufbuild/protobuf', 'hono']);
  const first = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint?.endsWith('client/index.ts'))!;
  const chunks = [first[0], ...first[1].imports.flatMap(({ path, kind }) => (kind === 'dynamic-import' ? [] : [path]))];
  const needed = outputFiles.filter(({ path }) => chunks.some((chunk) => path.endsWith(chunk)));
  expect(needed.length).toBe(chunks.length);
  const bytes = needed.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
  expect(bytes).toBeLessThanOrEqual(8_000);
});
