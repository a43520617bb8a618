/** @file Finds what lies beside the program, whether it runs from its sources or was bundled. */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { FastpathError } from './errors.ts';

/**
 * The first of the paths that is there, in the folder of this file or one above it.
 * @throws FastpathError `program.incomplete`
 */
export function findFile(...paths: string[]): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    for (const path of paths) if (existsSync(join(folder, path))) return join(folder, path);
    if (folder === dirname(folder)) {
      throw new FastpathError('program.incomplete', `${paths[0]} is missing: run npm run build`);
    }
  }
}
