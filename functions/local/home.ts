/** @file Where the CLI keeps what it knows: one directory store, laid out like the cloud's, with the tenant `local`. */
import { homedir, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** `FASTPATH_HOME`, or `.fastpath` in the user's home. */
export function homeDirectory(env: NodeJS.ProcessEnv = process.env): string {
  const configured = env.FASTPATH_HOME;
  return configured === undefined || configured === '' ? join(homedir(), '.fastpath') : resolve(configured);
}

/** Key prefix of a search or a training in the store. */
export function searchPrefix(id: string): string {
  return `tenants/local/searches/${id}`;
}

/** For files that can be made again: `FASTPATH_CACHE`, or a folder among the system's temporary ones. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env): string {
  return env.FASTPATH_CACHE ?? join(tmpdir(), 'fastpath-cache');
}
