/** @file Finds the compiled kernels and loads them into this process, which registers them with its TensorFlow. */
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import { projectRoot } from '../../project-root.ts';

/** What `kernels/addon.cc` exports. */
export interface Addon {
  /** Threads of the kernels, the caller's among them. */
  setThreads(count: number): void;
}

/** Where `npm run setup:native` puts the compiled kernels. */
export function addonFile(): string {
  return join(projectRoot(), '.native/fastpath_kernels.node');
}

let loaded: Addon | undefined;

/** FASTPATH_THREADS where it is set. @throws FastpathError `backend.threads` */
export function wantedThreads(): number | null {
  const text = process.env.FASTPATH_THREADS;
  if (text === undefined) return null;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= 1024) return count;
  throw new FastpathError('backend.threads', `FASTPATH_THREADS is ${text}; set it to a whole number from 1 to 1024`);
}

/**
 * Loads the kernels, once a process. TensorFlow itself must be loaded before. They use all cores of the process, or as
 * many as FASTPATH_THREADS says; results are the same to the last bit.
 * @throws FastpathError `backend.kernels-missing`, `backend.threads`
 */
export function loadAddon(file = addonFile()): Addon {
  if (loaded) return loaded;
  if (!existsSync(file)) {
    throw new FastpathError('backend.kernels-missing', `the kernels ${file} are missing; run: npm run setup:native`);
  }
  const module = { exports: {} };
  process.dlopen(module, file, constants.dlopen.RTLD_NOW);
  loaded = module.exports as Addon;
  const threads = wantedThreads();
  if (threads !== null) loaded.setThreads(threads);
  return loaded;
}
