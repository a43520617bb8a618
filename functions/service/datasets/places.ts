/** @file Where data sets lie: uploads in our store, directories under the data root, and whose buckets are whose. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { FastpathError } from '../../../shared/errors.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';

/** Holds all objects of one uploaded data set. */
export function uploadFolder(tenantId: string, id: string): string {
  return `tenants/${tenantId}/datasets/${id}/`;
}

/** The announced files, as JSON. */
export function manifestKey(tenantId: string, id: string): string {
  return `${uploadFolder(tenantId, id)}upload.json`;
}

export function filesFolder(tenantId: string, id: string): string {
  return `${uploadFolder(tenantId, id)}files/`;
}

export function uploadUri(store: ObjectStore, tenantId: string, id: string): string {
  return `${store.uri.replace(/\/$/, '')}/${filesFolder(tenantId, id).slice(0, -1)}`;
}

/** What we show when we ask for a role of this tenant. The tenant cannot choose it, and no other gets the same. */
export function externalIdOf(tenantId: string): string {
  return `fastpath-${tenantId}`;
}

/**
 * The real path of a directory under the data root.
 * @throws FastpathError `data-set.no-root`, `data-set.outside`, `data.missing`
 */
export async function directoryUnder(dataRoot: string | null, path: string): Promise<string> {
  if (dataRoot === null) {
    throw new FastpathError('data-set.no-root', 'this server takes no directories: start it with --data-root DIR');
  }
  const root = await realpath(dataRoot);
  const wanted = resolve(root, path);
  // Before the disk is touched: whether something outside exists is nobody's business.
  if (!isInside(root, wanted)) throw outside(path);
  const real = await realpath(wanted).catch(() => null);
  if (real === null || !(await stat(real)).isDirectory()) {
    throw new FastpathError('data.missing', `there is no directory ${path} under the data root: check the path`);
  }
  if (!isInside(root, real)) throw outside(path);
  return real;
}

/** Throws `data-set.outside` where a link in `directory`, at any depth, leads out of the data root. */
export async function checkLinks(dataRoot: string, directory: string): Promise<void> {
  const root = await realpath(dataRoot);
  const checkFolder = async (folder: string): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) await checkFolder(path);
      if (!entry.isSymbolicLink()) continue;
      const target = await realpath(path).catch(() => null);
      // One that leads nowhere holds no image. A linked folder inside of the root may hold further links.
      if (target === null) continue;
      if (!isInside(root, target)) throw outside(relative(root, path));
      const above = `${path}${sep}`.startsWith(`${target}${sep}`);
      if (!above && (await stat(target)).isDirectory()) await checkFolder(target);
    }
  };
  await checkFolder(directory);
}

function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

function outside(path: string): FastpathError {
  return new FastpathError(
    'data-set.outside',
    `${path} leads out of the data root: use directories and links inside it`,
  );
}
