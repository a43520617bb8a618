/** @file Where the program itself lies, and how to start another of its entry points as a process. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = fileURLToPath(import.meta.url);

function findRoot(): string {
  let folder = dirname(here);
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

/**
 * Arguments for `node` that run an entry point such as `batch/worker`: the built file when this code was built itself,
 * the source through tsx otherwise.
 */
export function entryPoint(name: string): string[] {
  const root = findRoot();
  const built = relative(root, here).split(sep)[0] === '.dist';
  if (built) return [join(root, '.dist', `${name}.js`)];
  const tsx = createRequire(join(root, 'package.json')).resolve('tsx');
  return ['--import', pathToFileURL(tsx).href, join(root, `${name}.ts`)];
}

/** A file that `npm run build` makes, by its path under `.dist`. */
export function builtFile(path: string): string {
  return join(findRoot(), '.dist', path);
}

/** As `package.json` has it. */
export function packageVersion(): string {
  return String(JSON.parse(readFileSync(join(findRoot(), 'package.json'), 'utf8')).version);
}
