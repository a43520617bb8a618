/** @file `fastpath keys`: the API keys of the tenant. */
import type { CreateKey } from '../../../shared/contract/api/keys.ts';
import { table } from '../../../shared/format.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { type ApiFlags, connectTo } from './connect.ts';
import { day, gather } from './listing.ts';

export async function listKeys(flags: ApiFlags, console: Console): Promise<void> {
  const keys = await gather((await connectTo(flags)).keys.list());
  if (flags.json) return writeJson(console, keys);
  const rows = keys.map(({ id, name, prefix, scopes, createdAt, lastUsedAt, revokedAt }) => [
    id,
    name,
    `${prefix}…`,
    scopes.join(' '),
    day(createdAt),
    lastUsedAt === null ? 'never' : day(lastUsedAt),
    revokedAt === null ? 'valid' : `revoked ${day(revokedAt)}`,
  ]);
  console.out.write(table([['id', 'name', 'key', 'scopes', 'made', 'last used', 'state'], ...rows]));
}

export interface CreateKeyFlags extends ApiFlags {
  name: string;
  scope: CreateKey['scopes'];
}

/** The key alone on stdout, so that it can go straight into a file. */
export async function createKey({ name, scope, ...flags }: CreateKeyFlags, console: Console): Promise<void> {
  const created = await (await connectTo(flags)).keys.create({ name, scopes: scope });
  if (flags.json) return writeJson(console, created);
  writeLine(console.err, `${created.id} (${scope.join(' ')}); the key is shown this once:`);
  writeLine(console.out, created.secret);
}

export async function revokeKey(id: string, flags: ApiFlags, console: Console): Promise<void> {
  await (await connectTo(flags)).keys.revoke(id);
  if (flags.json) return writeJson(console, { id, revoked: true });
  writeLine(console.out, `${id} is not valid any more; predictions stop within 60 seconds`);
}
