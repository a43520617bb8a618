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
  const withoutServe = reachable(metafile.inputs, 'functions/local/commands/serve.ts');
  expect(withoutServe.files).toContain('functions/local/commands/search.ts');
  expect(withoutServe.packages).toContain('commander');
  expect(withoutServe.packages.filter((name) => /^(@tensorflow|sharp|tar-stream)/.test(name))).toEqual([]);
  // The server looks into the data sets that are registered with it, but trains nothing either.
  const all = reachable(metafile.inputs);
  expect(all.packages.filter((name) => name.startsWith('@tensorflow'))).toEqual([]);
  expect(all.files.filter((file) => file.startsWith('batch/'))).toEqual([]);
});

/** All that the command line can come to load, at once or lazily, by way of any file but `without`. */
function reachable(inputs: Metafile['inputs'], without?: string): { files: string[]; packages: string[] } {
  const files = new Set<string>();
  const packages = new Set<string>();
  const visit = (file: string): void => {
    if (file === without || files.has(file)) return;
    files.add(file);
    for (const { path, external } of inputs[file]!.imports) {
      if (external) packages.add(path);
      else visit(path);
    }
  };
  visit('functions/local/fastpath.ts');
  return { files: [...files], packages: [...packages] };
}
