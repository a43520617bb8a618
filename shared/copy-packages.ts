/** @file Copies npm packages, with all that they need, to where a program runs without the rest. */
import { existsSync, readFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { z } from 'zod';
import { FastpathError } from './errors.ts';

const names = z.record(z.string(), z.string()).default({});
/** For people and compilers. */
const needless = /\.(map|md|d\.[cm]?ts|tsbuildinfo)$/;
const manifestSchema = z.object({ dependencies: names, optionalDependencies: names });

/**
 * Copies packages that `npm ci` brought to `root` to the same places under `target`. Optional ones come along where they
 * are there: those are builds for this system, so run it on the system that the program will run on.
 * @throws FastpathError `build.package-missing`
 */
export async function copyPackages(root: string, packages: readonly string[], target: string): Promise<void> {
  const folders = new Set<string>();
  const follow = (name: string, from: string, optional: boolean): void => {
    const folder = find(name, from, root);
    if (folder === null) {
      if (optional) return;
      throw new FastpathError('build.package-missing', `the npm package ${name} is not installed: run npm ci`);
    }
    if (folders.has(folder)) return;
    folders.add(folder);
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    for (const each of Object.keys(manifest.dependencies)) follow(each, folder, each in manifest.optionalDependencies);
    for (const each of Object.keys(manifest.optionalDependencies)) follow(each, folder, true);
  };
  for (const name of packages) follow(name, root, false);
  for (const folder of folders) {
    const own = (path: string) => !relative(folder, path).split(sep).includes('node_modules') && !needless.test(path);
    await cp(folder, join(target, relative(root, folder)), { recursive: true, filter: own });
  }
}

/** As Node looks for it: beside who asks, then upwards. */
function find(name: string, from: string, root: string): string | null {
  for (let folder = from; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return place;
    if (folder === root) return null;
  }
}
