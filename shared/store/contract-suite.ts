/** @file What every object store must do, as one test suite that each adapter runs. */
import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ObjectStore } from './object-store.ts';

const text = (value: string) => new TextEncoder().encode(value);

async function keysOf(store: ObjectStore, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const entry of store.list(prefix)) keys.push(entry.key);
  return keys;
}

async function readAll(store: ObjectStore, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.getStream(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** @param freshStore a new, empty store each time it is called */
export function describeObjectStore(name: string, freshStore: () => Promise<ObjectStore>): void {
  describe(`object store: ${name}`, () => {
    let store: ObjectStore;
    beforeEach(async () => {
      store = await freshStore();
    });

    it('gives back what was put, with the same etag from put, get and list', async () => {
      const bytes = randomBytes(100_000);
      const { etag } = await store.put('a/b.bin', bytes);
      const found = await store.get('a/b.bin');
      expect(Buffer.compare(found!.bytes, bytes)).toBe(0);
      expect(found!.etag).toBe(etag);
      const listed = [];
      for await (const entry of store.list('')) listed.push(entry);
      expect(listed).toEqual([{ key: 'a/b.bin', size: 100_000, etag }]);
    });

    it('keeps empty objects and replaces whole ones', async () => {
      await store.put('empty', new Uint8Array(0));
      expect((await store.get('empty'))!.bytes.length).toBe(0);
      await store.put('empty', text('longer'));
      await store.put('empty', text('x'));
      expect(Buffer.from((await store.get('empty'))!.bytes).toString()).toBe('x');
    });

    it('answers null for a key that holds nothing, also where it is a prefix of others', async () => {
      await store.put('folder/file', text('1'));
      expect(await store.get('absent')).toBeNull();
      expect(await store.get('folder')).toBeNull();
      expect(await store.get('folder/file/below')).toBeNull();
    });

    it('reads again only what is no longer the version that was read', async () => {
      expect(await store.getIfChanged('poll', null)).toBeNull();
      const first = await store.put('poll', text('1'));
      expect(Buffer.from((await store.getIfChanged('poll', null))!.bytes).toString()).toBe('1');
      expect(await store.getIfChanged('poll', first.etag)).toBeNull();
      const second = await store.put('poll', text('2'));
      const changed = await store.getIfChanged('poll', first.etag);
      expect([Buffer.from(changed!.bytes).toString(), changed!.etag]).toEqual(['2', second.etag]);
      expect(await store.getIfChanged('poll', second.etag)).toBeNull();
      await store.delete('poll');
      await expect(store.getIfChanged('poll', second.etag)).rejects.toMatchObject({ code: 'store.missing' });
    });

    it('streams an object of several chunks and reads ranges of it', async () => {
      const bytes = randomBytes(3_500_000);
      await store.put('big', bytes);
      expect(Buffer.compare(await readAll(store, 'big'), bytes)).toBe(0);
      const part = await store.getRange('big', 1_234_567, 1000);
      expect(Buffer.compare(part, bytes.subarray(1_234_567, 1_235_567))).toBe(0);
      expect((await store.getRange('big', 3_499_999, 1)).length).toBe(1);
      expect((await store.getRange('big', 5, 0)).length).toBe(0);
    });

    it('refuses ranges past the end, and streams and ranges of missing objects', async () => {
      await store.put('short', text('12345'));
      await expect(store.getRange('short', 3, 3)).rejects.toMatchObject({ code: 'store.range' });
      await expect(store.getRange('short', 9, 1)).rejects.toMatchObject({ code: 'store.range' });
      await expect(store.getRange('absent', 0, 1)).rejects.toMatchObject({ code: 'store.missing' });
      await expect(readAll(store, 'absent')).rejects.toMatchObject({ code: 'store.missing' });
    });

    it('creates only where nothing is', async () => {
      await store.put('claim', text('first'), { ifNoneMatch: '*' });
      await expect(store.put('claim', text('second'), { ifNoneMatch: '*' })).rejects.toMatchObject({
        code: 'store.precondition',
      });
      expect(Buffer.from((await store.get('claim'))!.bytes).toString()).toBe('first');
      await store.delete('claim');
      await store.put('claim', text('third'), { ifNoneMatch: '*' });
    });

    it('replaces only the version that was read', async () => {
      const first = await store.put('latest', text('1'));
      const second = await store.put('latest', text('2'), { ifMatch: first.etag });
      expect(second.etag).not.toBe(first.etag);
      await expect(store.put('latest', text('x'), { ifMatch: first.etag })).rejects.toMatchObject({
        code: 'store.precondition',
      });
      await expect(store.put('never', text('x'), { ifMatch: first.etag })).rejects.toMatchObject({
        code: 'store.precondition',
      });
      expect(Buffer.from((await store.get('latest'))!.bytes).toString()).toBe('2');
      expect(await keysOf(store, '')).toEqual(['latest']);
    });

    it('lets exactly one of many rivals create', async () => {
      const tries = Array.from({ length: 12 }, (_, i) => store.put('race', text(`rival ${i}`), { ifNoneMatch: '*' }));
      const outcomes = await Promise.allSettled(tries);
      const winners = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [i] : []));
      expect(winners.length).toBe(1);
      expect(Buffer.from((await store.get('race'))!.bytes).toString()).toBe(`rival ${winners[0]}`);
    });

    it('loses no update where rivals replace by etag', async () => {
      await store.put('marks', text(''));
      // A mark is made once even where a write that was done is reported as refused: see `put`.
      const add = async (mark: string) => {
        for (;;) {
          const { bytes, etag } = (await store.get('marks'))!;
          const marks = Buffer.from(bytes).toString();
          if (marks.includes(mark)) return;
          try {
            await store.put('marks', text(`${marks}${mark};`), { ifMatch: etag });
            return;
          } catch (error) {
            expect(error).toMatchObject({ code: 'store.precondition' });
          }
        }
      };
      await Promise.all(
        Array.from({ length: 4 }, async (_, rival) => {
          for (let i = 0; i < 5; i++) await add(`${rival}.${i}`);
        }),
      );
      const marks = Buffer.from((await store.get('marks'))!.bytes)
        .toString()
        .split(';');
      const all = Array.from({ length: 20 }, (_, i) => `${Math.floor(i / 5)}.${i % 5}`);
      expect(marks.sort()).toEqual(['', ...all]);
    });

    it('never shows a reader half an object', async () => {
      const versions = [1, 2].map((value) => new Uint8Array(400_000 + value).fill(value));
      await store.put('flip', versions[0]!);
      let writing = true;
      const writer = (async () => {
        for (let i = 0; i < 10; i++) await store.put('flip', versions[i % 2]!);
        writing = false;
      })();
      while (writing) {
        const { bytes } = (await store.get('flip'))!;
        expect(bytes.length).toBe(400_000 + bytes[0]!);
        expect(bytes.every((value) => value === bytes[0])).toBe(true);
      }
      await writer;
    });

    it('lists by prefix, whole or part of a name, in order of UTF-8 bytes', async () => {
      const keys = ['b', 'a/2', 'a/10', 'a-b', 'a.c', 'ab/c/d', 'a/é', 'a/\uffee', 'a/\u{1f600}', 'z/y'];
      for (const key of keys) await store.put(key, text(key));
      const sorted = [...keys].sort((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)));
      expect(await keysOf(store, '')).toEqual(sorted);
      expect(await keysOf(store, 'a/')).toEqual(sorted.filter((key) => key.startsWith('a/')));
      expect(await keysOf(store, 'a')).toEqual(sorted.filter((key) => key.startsWith('a')));
      expect(await keysOf(store, 'ab/c')).toEqual(['ab/c/d']);
      expect(await keysOf(store, 'b')).toEqual(['b']);
      expect(await keysOf(store, 'absent/')).toEqual([]);
    });

    it('deletes, and takes deleting nothing as done', async () => {
      await store.put('x/y/z', text('1'));
      await store.delete('x/y');
      expect(await keysOf(store, '')).toEqual(['x/y/z']);
      await store.delete('x/y/z');
      await store.delete('x/y/z');
      expect(await keysOf(store, '')).toEqual([]);
      await store.put('x/y', text('a file where a folder was'));
    });

    it('writes what comes in chunks, of any size', async () => {
      const bytes = randomBytes(40_000_001);
      async function* chunks() {
        for (let at = 0; at < bytes.length; at += 3_333_333) yield bytes.subarray(at, at + 3_333_333);
      }
      await store.put('in-chunks', chunks());
      expect(Buffer.compare(await readAll(store, 'in-chunks'), bytes)).toBe(0);
      expect(
        Buffer.compare(await store.getRange('in-chunks', 16_777_215, 2), bytes.subarray(16_777_215, 16_777_217)),
      ).toBe(0);
      const { etag } = await store.put('whole', bytes);
      const found = await store.get('whole');
      expect([Buffer.compare(found!.bytes, bytes), found!.etag]).toEqual([0, etag]);
      async function* none() {}
      await store.put('in-chunks', none());
      expect((await store.get('in-chunks'))!.bytes.length).toBe(0);
    });

    it('keeps conditions where the object is large', async () => {
      const bytes = [1, 2].map((value) => new Uint8Array(17_000_000).fill(value));
      const first = await store.put('large', bytes[0]!, { ifNoneMatch: '*' });
      await expect(store.put('large', bytes[1]!, { ifNoneMatch: '*' })).rejects.toMatchObject({
        code: 'store.precondition',
      });
      expect((await store.get('large'))!.bytes[0]).toBe(1);
      async function* chunks() {
        yield bytes[1]!;
      }
      await expect(store.put('large', chunks(), { ifNoneMatch: '*' })).rejects.toMatchObject({
        code: 'store.precondition',
      });
      expect((await store.get('large'))!.bytes[0]).toBe(1);
      await store.put('large', bytes[1]!, { ifMatch: first.etag });
      await expect(store.put('large', bytes[0]!, { ifMatch: first.etag })).rejects.toMatchObject({
        code: 'store.precondition',
      });
      expect((await store.get('large'))!.bytes[0]).toBe(2);
    });

    it('keeps the old object where chunks stop coming', async () => {
      await store.put('kept', text('old'));
      async function* broken(chunk: Uint8Array) {
        for (let i = 0; i < 3; i++) yield chunk;
        throw new Error('the sender went away');
      }
      for (const bytes of [10, 10_000_000]) {
        await expect(store.put('kept', broken(new Uint8Array(bytes)))).rejects.toThrow('the sender went away');
      }
      expect(Buffer.from((await store.get('kept'))!.bytes).toString()).toBe('old');
      expect(await keysOf(store, '')).toEqual(['kept']);
    });

    it('deletes a folder with all below it, and nothing beside it', async () => {
      const beside = ['tenants/a', 'tenants/ab/x', 'tenants/b/x'];
      for (const key of ['tenants/b/x', 'tenants/ab/x']) await store.put(key, text(key));
      await store.deletePrefix('tenants/none/');
      for (const key of ['tenants/a/x', 'tenants/a/y/z', 'tenants/a/é']) await store.put(key, text(key));
      await store.deletePrefix('tenants/a/');
      expect(await keysOf(store, '')).toEqual(beside.slice(1));
      await store.put('tenants/a', text('an object, no folder'));
      await store.deletePrefix('tenants/a/');
      expect(await keysOf(store, '')).toEqual(beside);
      for (const prefix of ['', '/', 'tenants', 'tenants/a', '../', 'tenants/../', 'tenants//']) {
        await expect(store.deletePrefix(prefix)).rejects.toMatchObject({ code: 'store.key' });
      }
      expect(await keysOf(store, '')).toEqual(beside);
    });

    it('gives links under which one object is read as an attachment or written', async () => {
      const bytes = randomBytes(3_000_000);
      const key = 'tenants/ä b/c+%?#.bin';
      const upload = await store.link(key, { method: 'PUT', expiresInSeconds: 60, sizeBytes: bytes.length });
      expect(Math.abs(upload.expiresAt.getTime() - Date.now() - 60_000)).toBeLessThan(5000);
      expect((await fetch(upload.url, { method: 'PUT', body: bytes })).ok).toBe(true);
      expect(Buffer.compare((await store.get(key))!.bytes, bytes)).toBe(0);
      const fileName = 'gewicht "ä".bin';
      const reply = await fetch((await store.link(key, { method: 'GET', expiresInSeconds: 60, fileName })).url);
      expect(Buffer.compare(Buffer.from(await reply.arrayBuffer()), bytes)).toBe(0);
      expect(reply.headers.get('content-type')).toBe('application/octet-stream');
      expect(reply.headers.get('content-disposition')).toBe(
        `attachment; filename="gewicht____.bin"; filename*=UTF-8''gewicht%20%22%C3%A4%22.bin`,
      );
      const absent = await store.link('absent', { method: 'GET', expiresInSeconds: 60, fileName: 'x' });
      // 403 where the store does not tell strangers what is there.
      expect([403, 404]).toContain((await fetch(absent.url)).status);
    });

    it('refuses keys that are no plain relative path', async () => {
      const parts = fc.constantFrom('a', '..', '.', '', 'b\\c', 'd\0e');
      const bad = fc.array(parts, { minLength: 1, maxLength: 4 }).filter((p) => p.some((part) => part !== 'a'));
      await fc.assert(
        fc.asyncProperty(bad, async (segments) => {
          const key = segments.join('/');
          await expect(store.put(key, text('x'))).rejects.toMatchObject({ code: 'store.key' });
          await expect(store.get(key)).rejects.toMatchObject({ code: 'store.key' });
          await expect(store.delete(key)).rejects.toMatchObject({ code: 'store.key' });
        }),
        { numRuns: 30 },
      );
      expect(await keysOf(store, '')).toEqual([]);
    });
  });
}
