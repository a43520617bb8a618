/** @file Archives of another writer are read; what is broken in them is told in one line. */
import fc from 'fast-check';
import { type Zippable, zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { unzip } from './unzip.js';

const all = () => true;
const untold = () => {};
const text = (words: string) => new TextEncoder().encode(words);

function archive(files: Zippable, name = 'signs.zip') {
  return { path: `dropped/${name}`, file: new Blob([zipSync(files)]) };
}

async function read(entries: Awaited<ReturnType<typeof unzip>>) {
  return Object.fromEntries(await Promise.all(entries.map(async ({ path, file }) => [path, await file.text()])));
}

it('gives every file as it was, stored or compressed', async () => {
  const part = fc.stringMatching(/^[a-zé ]{1,6}$/);
  const file = fc.record({
    content: fc.uint8Array({ maxLength: 5000 }),
    level: fc.constantFrom(0 as const, 6 as const),
  });
  await fc.assert(
    fc.asyncProperty(fc.dictionary(part, file, { minKeys: 2, noNullPrototype: true }), async (files) => {
      const zipped = archive(
        Object.fromEntries(Object.entries(files).map(([name, { content, level }]) => [name, [content, { level }]])),
      );
      const entries = await unzip([zipped], all, untold);
      expect(entries.map(({ path }) => path).sort()).toEqual(Object.keys(files).sort());
      for (const { path, file } of entries) {
        expect(new Uint8Array(await file.arrayBuffer())).toEqual(files[path]!.content);
      }
    }),
  );
});

it('leaves out the folder around all, what systems add, and what is not wanted', async () => {
  const around = archive({
    'signs/': new Uint8Array(),
    'signs/a/1.jpg': text('one'),
    'signs/b/2.jpg': text('two'),
    'signs/.DS_Store': text('x'),
    '__MACOSX/signs/a/._1.jpg': text('x'),
    'signs/notes.txt': text('x'),
  });
  const told: number[][] = [];
  const entries = await unzip(
    [around],
    (path) => path.endsWith('.jpg'),
    (...of) => told.push(of),
  );
  expect(await read(entries)).toEqual({ 'a/1.jpg': 'one', 'b/2.jpg': 'two' });
  expect(told).toEqual([
    [1, 2],
    [2, 2],
  ]);
});

it('takes several archives as one', async () => {
  const train = archive({ 'train/a/1.jpg': text('one') }, 'train.zip');
  const val = archive({ 'val/a/2.jpg': text('two') }, 'val.zip');
  expect(await read(await unzip([train, val], all, untold))).toEqual({ 'train/a/1.jpg': 'one', 'val/a/2.jpg': 'two' });
});

it.each([0xffff, 1])('reads all files where there are too many for their count, which then is %i', async (count) => {
  const bytes = new Uint8Array(zipSync({ 'a.jpg': text('one'), 'b.jpg': text('two'), 'c.jpg': text('three') }));
  for (const field of [14, 12]) changed(bytes, bytes.length - field, count & 0xff, count >> 8);
  const entries = await unzip([{ path: 'dropped/signs.zip', file: new Blob([bytes]) }], all, untold);
  expect(await read(entries)).toEqual({ 'a.jpg': 'one', 'b.jpg': 'two', 'c.jpg': 'three' });
});

it.each<[string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>, RegExp]>([
  ['no archive', () => text('PK'), /its end is missing/],
  ['its end cut off', (bytes) => bytes.slice(0, bytes.length - 30), /its end is missing/],
  ['its beginning cut off', (bytes) => bytes.slice(20), /list of files is broken/],
  ['an encrypted file', (bytes) => changed(bytes, directoryAt(bytes) + 8, 1), /it is encrypted/],
  [
    'an unknown method',
    (bytes) => changed(bytes, directoryAt(bytes) + 10, 93),
    /a\.jpg is broken, or packed in another way/,
  ],
  ['a broken file', (bytes) => changed(bytes, 30 + 'a.jpg'.length, 0xff), /a\.jpg is broken/],
  ['a file elsewhere', (bytes) => changed(bytes, directoryAt(bytes) + 42, 7), /a\.jpg is not where it should be/],
  ['a list of files cut short', (bytes) => changed(bytes, bytes.length - 10, 40), /list of files is broken/],
  [
    'a name in a code page of old',
    (bytes) => changed(bytes, directoryAt(bytes) + 46, 0x81),
    /the names in it are not UTF-8/,
  ],
  ['more than 4 GB', (bytes) => changed(bytes, bytes.length - 6, 0xff, 0xff, 0xff, 0xff), /larger than 4 GB/],
])('%s: one line that says what to do', async (_, spoil, why) => {
  const bytes = spoil(new Uint8Array(zipSync({ 'a.jpg': text('the same again, the same again, the same again') })));
  const opened = unzip([{ path: 'dropped/signs.zip', file: new Blob([bytes]) }], all, untold);
  await expect(opened).rejects.toThrow(why);
  await expect(opened).rejects.toThrow(/^signs\.zip cannot be read, .*: unpack it and drop the folder\.$/);
});

function changed(bytes: Uint8Array<ArrayBuffer>, at: number, ...to: number[]): Uint8Array<ArrayBuffer> {
  bytes.set(to, at);
  return bytes;
}

/** Where the end says that the list of files begins. */
function directoryAt(bytes: Uint8Array<ArrayBuffer>): number {
  return new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
}
