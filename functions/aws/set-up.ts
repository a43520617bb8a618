/** @file What a deployment does to the service before it is open: tables, first tenant, first keys. */
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { databaseError } from '../../shared/db/errors.ts';
import { migrate } from '../../shared/db/migrate.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { KeyDependencies } from '../service/keys/create-key.ts';
import { ensureFirstKey } from '../service/keys/first-key.ts';
import { newKeyText, sha256Of } from '../service/keys/key-text.ts';

const keysSchema = z.object({ adminKey: z.string().optional(), operatorKey: z.string().optional() });

export interface SetUpDeps extends KeyDependencies {
  /** the text of the secret that holds the first keys; anything but our JSON counts as empty */
  readKeys(): Promise<string>;
  writeKeys(text: string): Promise<void>;
  /** between looks at a database that wakes up */
  pollMs: number;
}

/** A cluster that was made just now, or sleeps, takes up to a minute. */
const looks = 40;

/**
 * Done again it changes nothing.
 * @returns SHA-256 of the operator's key, as hex
 * @throws FastpathError `database.unavailable` and what `migrate` throws
 */
export async function setUp({ readKeys, writeKeys, pollMs, ...deps }: SetUpDeps): Promise<{ operatorSha256: string }> {
  await awake(deps, pollMs);
  await migrate(deps.db);
  const kept = parseKeys(await readKeys());
  const operatorKey = kept.operatorKey ?? newKeyText();
  if (kept.operatorKey === undefined) await writeKeys(JSON.stringify({ ...kept, operatorKey }));
  await ensureFirstKey(deps, (adminKey) => writeKeys(JSON.stringify({ operatorKey, adminKey })));
  return { operatorSha256: sha256Of(operatorKey) };
}

async function awake({ db }: Pick<SetUpDeps, 'db'>, pollMs: number): Promise<void> {
  for (let look = 1; ; look++) {
    try {
      await db.execute(sql`select 1`);
      return;
    } catch (error) {
      const known = databaseError(error);
      if (look === looks || !(known instanceof FastpathError)) throw known;
      await sleep(pollMs);
    }
  }
}

function parseKeys(text: string): z.infer<typeof keysSchema> {
  try {
    return keysSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}
