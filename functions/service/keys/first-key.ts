/** @file The keys that a new server writes for its owner: the local tenant's admin key and the operator's. */
import { randomUUID } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { and, arrayContains, eq, isNull } from 'drizzle-orm';
import { keys } from '../../../shared/db/schema/keys.ts';
import { localTenant, publicTenant, tenants } from '../../../shared/db/schema/tenants.ts';
import { createKey, type KeyDependencies } from './create-key.ts';
import { newKeyText, sha256Of } from './key-text.ts';

/**
 * Makes sure that the local tenant has an admin key: where it has none that is valid, a new one is handed to `save`.
 * @returns whether a key was saved
 */
export async function ensureFirstKey(
  dependencies: KeyDependencies,
  save: (secret: string) => Promise<void>,
): Promise<boolean> {
  const { db, clock } = dependencies;
  const rows = [localTenant, publicTenant].map((id) => ({ id, name: id, createdAt: clock.now() }));
  await db.insert(tenants).values(rows).onConflictDoNothing();
  const valid = and(eq(keys.tenantId, localTenant), isNull(keys.revokedAt), arrayContains(keys.scopes, ['admin']));
  if ((await db.select({ id: keys.id }).from(keys).where(valid).limit(1)).length > 0) return false;
  const secret = newKeyText();
  // Saved first: a key that is valid and written nowhere would be lost, one written and not valid is replaced.
  await save(secret);
  await createKey(dependencies, localTenant, { name: 'first key', scopes: ['predict', 'search', 'admin'] }, secret);
  return true;
}

/**
 * The operator's key, who tops credit up: no row, just a file that only its owner can read. Remove the file for a new one.
 * @returns its SHA-256 as hex
 */
export async function ensureOperatorKey(file: string): Promise<string> {
  const held = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  const secret = held?.trim() ?? newKeyText();
  if (held === null) await writePrivately(file, `${secret}\n`);
  return sha256Of(secret);
}

/** Only its owner can read it. */
export async function writePrivately(file: string, text: string): Promise<void> {
  const temporary = `${file}.${randomUUID()}`;
  try {
    await writeFile(temporary, text, { flag: 'wx', mode: 0o600 });
    await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}
