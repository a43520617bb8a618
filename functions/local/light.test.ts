/** @file The command line stays light: nothing that trains can be loaded by it, now or lazily. */
import { build, type Metafile } from 'esbuild';
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
  const light = reachable(metafile.inputs, lookIntoImages);
  expect(light.files).toContain('functions/local/commands/search.ts');
  expect(light.packages).toContain('commander');
  expect(light.packages.filter((name) => /^(@tensorflow|sharp|tar-stream)/.test(name))).toEqual([]);
  // These train nothing either.
  const all = reachable(metafile.inputs);
  expect(all.packages.filter((name) => name.startsWith('@tensorflow'))).toEqual([]);
  expect(all.files.filter((file) => file.startsWith('batch/'))).toEqual([]);
});

/** The server looks into the data sets that are registered with it, packing and checking into those they are given. */
const lookIntoImages = ['serve', 'dataset-pack', 'dataset-check'].map((name) => `functions/local/commands/${name}.ts`);

/** All that the command line can come to load, at once or lazily, by way of any file but those of `without`. */
function reachable(
  inputs: Metafile['inputs'],
  without: readonly string[] = [],
): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (without.includes(file) || files.has(file)) return;
    files.add(file);
    for (const { path, external } of inputs[file]!.imports) {
      if (external) packages.add(path);
      else visit(path);
    }
  };
  visit('functions/local/fastpath.ts');
  return { files: [...files], packages: [...packages] };
}
