import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createdKeySchema, keyPageSchema } from '../../../shared/contract/api/keys.ts';
import type { OpenedDatabase } from '../../../shared/db/db.ts';
import { type KeyScope, keys } from '../../../shared/db/schema/keys.ts';
import { tenants } from '../../../shared/db/schema/tenants.ts';
import { openTestDatabase, truncateAll } from '../../../shared/db/test-database.ts';
import type { FastpathError } from '../../../shared/errors.ts';
import { DirectoryStore } from '../../../shared/store/directory.ts';
import { authorizeByMirror } from '../../predict/mirrored-keys.ts';
import { authenticate, requireScope } from './authenticate.ts';
import { createKey } from './create-key.ts';
import { ensureFirstKey, writePrivately } from './first-key.ts';
import { isKeyText, newKeyText, prefixOf, sha256Of } from './key-text.ts';
import { KnownKeys } from './known-keys.ts';
import { listKeys } from './list-keys.ts';
import { revokeKey } from './revoke-key.ts';

let database: OpenedDatabase;
let folder: string;
let nowMs: number;
let stores = 0;
const clock = { now: () => new Date(nowMs) };
const [ours, theirs] = ['tn_01jd9z5k3q8v7w6x5y4t3s2r1p', 'tn_01jd9z5k3q8v7w6x5y4t3s2r1q'];

function setUp(keepMs: number) {
  const store = new DirectoryStore(join(folder, String(stores++)));
  return { db: database.db, store, clock, known: new KnownKeys(keepMs), operatorSha256: null as string | null };
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-keys-'));
  database = await openTestDatabase();
});
afterAll(async () => {
  await database.close();
  await rm(folder, { recursive: true });
});
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 24);
  await truncateAll(database.db);
  await database.db.insert(tenants).values([ours, theirs].map((id) => ({ id, name: id, createdAt: clock.now() })));
});

const header = (secret: string) => `Bearer ${secret}`;
const refusal = (code: string) => ({ code, retry: false });
const make = (service: ReturnType<typeof setUp>, scopes: KeyScope[], tenant = ours) =>
  createKey(service, tenant, { name: 'a key', scopes });

describe('the text of a key', () => {
  it('is fp_ and base 62, of as many values as 32 bytes', () => {
    const texts = Array.from({ length: 2000 }, newKeyText);
    expect(texts.every(isKeyText)).toBe(true);
    expect(new Set(texts.map(prefixOf)).size).toBe(2000);
    // Each character but the first, which 256 bits do not fill, is equally likely: 2,000 · 42 / 62 = 1,355 times.
    const counts = new Map<string, number>();
    for (const text of texts) for (const c of text.slice(4)) counts.set(c, (counts.get(c) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1355)).toBeLessThan(6 * Math.sqrt(1355));
  });

  it('hashes as SHA-256 does', () => {
    expect(sha256Of('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe.each([0, 60_000])('keys, looked up anew after %i ms', (keepMs) => {
  it('are shown once and kept as a hash, in the database and in the mirror', async () => {
    const service = setUp(keepMs);
    const made = createdKeySchema.parse(await make(service, ['predict', 'search', 'predict']));
    expect(made.secret.startsWith(made.prefix)).toBe(true);
    expect(await authenticate(service, header(made.secret))).toEqual({
      tenantId: ours,
      keyId: made.id,
      scopes: ['predict', 'search'],
      operator: false,
    });
    const rows = await database.db.select().from(keys);
    expect(JSON.stringify(rows)).not.toContain(made.secret);
    expect(rows[0]!.sha256).toBe(sha256Of(made.secret));
    const mirror = await service.store.get(`keys/${sha256Of(made.secret)}.json`);
    expect(JSON.parse(Buffer.from(mirror!.bytes).toString())).toEqual({
      tenant: ours,
      scopes: ['predict', 'search'],
      revoked: false,
    });
  });

  it('stop at once when they are revoked, by their tenant only', async () => {
    const service = setUp(keepMs);
    const { secret, id } = await make(service, ['search']);
    await authenticate(service, header(secret));
    await expect(revokeKey(service, theirs, id)).rejects.toMatchObject(refusal('key.unknown'));
    await authenticate(service, header(secret));
    await revokeKey(service, ours, id);
    await expect(authenticate(service, header(secret))).rejects.toMatchObject(refusal('auth.unauthenticated'));
    const { revokedAt } = (await listKeys(service, ours, { limit: 50 })).items[0]!;
    nowMs += 5000;
    await revokeKey(service, ours, id);
    expect((await listKeys(service, ours, { limit: 50 })).items[0]!.revokedAt).toBe(revokedAt);
    expect(revokedAt).toBe(new Date(nowMs - 5000).toISOString());
  });

  it('note their use once a minute at most', async () => {
    const service = setUp(0);
    const { secret } = await make(service, ['search']);
    const used = async () => (await listKeys(service, ours, { limit: 1 })).items[0]!.lastUsedAt;
    expect(await used()).toBeNull();
    const seen: (string | null)[] = [];
    for (const at of [0, 59_000, 61_000]) {
      nowMs = Date.UTC(2026, 10, 24) + at;
      await authenticate(service, header(secret));
      seen.push(await used());
    }
    const start = '2026-11-24T00:00:00.000Z';
    expect(seen).toEqual([start, start, '2026-11-24T00:01:01.000Z']);
  });
});

describe('authentication', () => {
  it('refuses every other header in one line, and no near miss gets in', async () => {
    const service = setUp(0);
    const { secret } = await make(service, ['admin']);
    const wrong = [
      null,
      '',
      'Bearer',
      `Basic ${secret}`,
      secret,
      `Bearer ${secret}x`,
      `Bearer ${secret} x`,
      'Bearer fp_',
    ];
    const others = [
      newKeyText(),
      prefixOf(secret) + newKeyText().slice(11),
      secret.slice(0, -1) + (secret.endsWith('0') ? '1' : '0'),
    ];
    for (const value of [...wrong, ...others.map(header)]) {
      const error = await authenticate(service, value).catch((thrown: Error) => thrown);
      expect(error).toMatchObject(refusal('auth.unauthenticated'));
      expect((error as Error).message).toMatch(/^[ -~…]{20,120}$/);
    }
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 80 }), async (value) => {
        await expect(authenticate(service, value)).rejects.toMatchObject(refusal('auth.unauthenticated'));
      }),
    );
    expect((await authenticate(service, `bearer  ${secret} `)).tenantId).toBe(ours);
  });

  it('gives a deleted tenant no way in', async () => {
    const service = setUp(0);
    const { secret } = await make(service, ['admin']);
    await database.db.update(tenants).set({ deletedAt: clock.now() }).where(eq(tenants.id, ours));
    await expect(authenticate(service, header(secret))).rejects.toMatchObject(refusal('auth.unauthenticated'));
  });

  it('knows the operator by a hash from outside of the database', async () => {
    const service = setUp(0);
    const secret = newKeyText();
    await expect(authenticate(service, header(secret))).rejects.toMatchObject(refusal('auth.unauthenticated'));
    service.operatorSha256 = sha256Of(secret);
    expect(await authenticate(service, header(secret))).toMatchObject({ operator: true, tenantId: 'public' });
  });

  it('lets admin do all, and others only what their scopes say', () => {
    const caller = (scopes: KeyScope[]) => ({ tenantId: ours, keyId: null, scopes, operator: false });
    const all: KeyScope[] = ['predict', 'search', 'admin'];
    for (const held of all) {
      for (const needed of all) {
        const check = () => requireScope(caller([held]), needed);
        if (held === needed || held === 'admin') check();
        else expect(check).toThrow(`this needs a key with scope ${needed}, and yours has ${held}: use another key`);
      }
    }
  });
});

describe('the list of keys', () => {
  it('pages through all of the tenant, newest first', async () => {
    const service = setUp(0);
    const made: string[] = [];
    for (let i = 0; i < 5; i++, nowMs++) made.unshift((await make(service, ['search'])).id);
    await make(service, ['search'], theirs);
    const first = keyPageSchema.parse(await listKeys(service, ours, { limit: 2 }));
    const second = await listKeys(service, ours, { limit: 2, after: first.next! });
    const third = await listKeys(service, ours, { limit: 2, after: second.next! });
    expect([first, second, third].map(({ items }) => items.map(({ id }) => id))).toEqual([
      made.slice(0, 2),
      made.slice(2, 4),
      made.slice(4),
    ]);
    expect(third.next).toBeNull();
  });
});

describe('the first key', () => {
  it('is written once, for its owner only, and again only where no admin key is left', async () => {
    const service = setUp(0);
    const file = join(folder, 'admin-key');
    const save = (key: string) => writePrivately(file, `${key}\n`);
    await writeFile(file, 'of an earlier try', { mode: 0o644 });
    expect(await ensureFirstKey(service, save)).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const secret = (await readFile(file, 'utf8')).trim();
    const caller = await authenticate(service, header(secret));
    expect(caller).toMatchObject({ tenantId: 'local', scopes: ['predict', 'search', 'admin'] });
    expect(await ensureFirstKey(service, save)).toBe(false);
    await revokeKey(service, 'local', caller.keyId!);
    expect(await ensureFirstKey(service, save)).toBe(true);
    expect((await readFile(file, 'utf8')).trim()).not.toBe(secret);
  });
});

describe('keys at the edge', () => {
  const ask = (secret: string) => new Request('http://x/v1/latency', { headers: { authorization: header(secret) } });

  it('are those of the mirror; a revoked one stops within a minute', async () => {
    const service = setUp(0);
    let reads = 0;
    const read = async (key: string) => {
      reads++;
      return (await service.store.get(key))?.bytes ?? null;
    };
    const authorize = authorizeByMirror(read, () => nowMs);
    const key = await make(service, ['predict']);
    for (let i = 0; i < 3; i++) expect(await authorize(ask(key.secret))).toEqual({ tenant: ours });
    expect(reads).toBe(1);
    await revokeKey(service, ours, key.id);
    nowMs += 60_000;
    await expect(authorize(ask(key.secret))).rejects.toMatchObject(refusal('auth.unauthenticated'));
    expect(await authorize(ask((await make(service, ['admin'])).secret))).toEqual({ tenant: ours });
    const other = await make(service, ['search']);
    await expect(authorize(ask(other.secret))).rejects.toMatchObject(refusal('auth.forbidden'));
    await expect(authorize(ask('fp_x'))).rejects.toMatchObject(refusal('auth.unauthenticated'));
    await expect(authorize(ask(newKeyText()))).rejects.toMatchObject(refusal('auth.unauthenticated'));
    await expect(authorize(new Request('http://x/'))).rejects.toMatchObject(refusal('auth.unauthenticated'));
  });

  it('hold no more answers than memory bears, whatever is asked for', async () => {
    let reads = 0;
    const authorize = authorizeByMirror(
      async () => {
        reads++;
        return null;
      },
      () => nowMs,
    );
    const attempt = async (secret: string) => {
      try {
        await authorize(ask(secret));
      } catch (error) {
        return (error as FastpathError).code;
      }
    };
    const first = newKeyText();
    await attempt(first);
    await attempt(first);
    expect(reads).toBe(1);
    for (let i = 0; i < 10_000; i++) await attempt(newKeyText());
    await attempt(first);
    expect(reads).toBe(10_002);
  });
});
