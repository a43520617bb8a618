/** @file What the service is made of at the edge: nothing of Node, no zod, no SDK, and little of it. */
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

test('the worker bundles without Node, zod or any SDK, in at most 60 KB beside its models', async () => {
  const { outputFiles, metafile } = await build({
    entryPoints: [`${import.meta.dirname}/worker.ts`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    // Unlike `node`, finds no built-in module: an import of one is an error.
    platform: 'browser',
    external: ['*.json'],
    outdir: 'unused',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const packages = Object.keys(metafile.inputs).flatMap(
    (file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? [],
  );
  expect([...new Set(packages)].sort()).toEqual(['@bufbuild/protobuf', '@noble/hashes', 'aws4fetch', 'hono']);
  const folders = Object.keys(metafile.inputs)
    .filter((file) => !file.includes('node_modules'))
    .map((file) => file.split('/').slice(0, 2).join('/'));
  expect([...new Set(folders)].sort()).toEqual([
    'functions/predict',
    'shared/architecture',
    'shared/contract',
    'shared/errors.ts',
    'shared/latency',
    'shared/onnx',
    'shared/store',
  ]);
  const [script] = outputFiles;
  expect(script!.text).not.toMatch(/["']node:/);
  expect(gzipSync(script!.contents).length).toBeLessThanOrEqual(60_000);
});
