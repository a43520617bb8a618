import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DirectoryStore } from '../store/directory.ts';
import { openDataSet } from './open-data.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-folder-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

let folders = 0;
async function folderOf(keys: readonly string[]): Promise<string> {
  const uri = join(root, String(folders++));
  const store = new DirectoryStore(uri);
  for (const key of keys) await store.put(key, Buffer.from(key));
  return uri;
}
const open = (uri: string) => openDataSet(uri, { cacheDirectory: join(root, 'cache') });

describe('openDataSet on class folders', () => {
  it('reads ImageNet’s layout: classes in order of their folder names, train before val', async () => {
    const uri = await folderOf([
      'train/b/2.JPEG',
      'train/a-b/1.jpg',
      'train/a/deep/1.png',
      'train/a/2.webp',
      'train/a/notes.txt',
      'val/b/3.jpeg',
      'README.md',
    ]);
    const data = await open(uri);
    expect([data.kind, data.classes]).toEqual(['folder', ['a', 'a-b', 'b']]);
    const table = [...data.labels].map((label, i) => [data.nameOf(i), label, data.sizes[i]]);
    expect(table).toEqual([
      ['train/a-b/1.jpg', 1, 15],
      ['train/a/2.webp', 0, 14],
      ['train/a/deep/1.png', 0, 18],
      ['train/b/2.JPEG', 2, 14],
      ['val/b/3.jpeg', 2, 12],
    ]);
    expect([[...data.train], [...data.val]]).toEqual([[0, 1, 2, 3], [4]]);
    expect(Buffer.from(await data.read(2)).toString()).toBe('train/a/deep/1.png');
  });

  it('takes class folders at the top', async () => {
    const data = await open(await folderOf(['dog/1.jpg', 'cat/1.jpg', 'cat/2.jpg', 'loose.jpg', '.hidden/x.jpg']));
    expect(data.classes).toEqual(['cat', 'dog']);
    expect([...data.labels]).toEqual([0, 0, 1]);
    expect(data.val.length).toBe(0);
  });

  it('has a fingerprint that follows names, sizes, classes and splits, and nothing else', async () => {
    const print = async (keys: string[]) => (await open(await folderOf(keys))).fingerprint;
    const base = ['train/a/1.jpg', 'train/b/1.jpg', 'val/b/2.jpg'];
    expect(await print([...base].reverse())).toBe(await print(base));
    const others = [
      ['train/a/1.jpg', 'train/b/1.jpg', 'train/b/2.jpg'],
      ['train/a/1.jpg', 'train/c/1.jpg', 'val/c/2.jpg'],
      ['train/a/11.jpg', 'train/b/1.jpg', 'val/b/2.jpg'],
    ];
    const prints = await Promise.all([base, ...others].map(print));
    expect(new Set(prints).size).toBe(4);
    const uri = await folderOf(base);
    await new DirectoryStore(uri).put('train/a/1.jpg', Buffer.from('of another size'));
    expect((await open(uri)).fingerprint).not.toBe(prints[0]);
  });

  it.each([
    ['data.missing', 'a missing folder', async () => join(root, 'nowhere'), /There is no data folder .*nowhere/],
    ['data.missing', 'a file', async () => join(await folderOf(['a.tar']), 'a.tar'), /is a file/],
    ['data.empty', 'an empty folder', () => mkdtemp(join(root, 'empty-')), /is empty/],
    ['data.no-images', 'a folder without images', () => folderOf(['a/b.txt', 'loose.jpg']), /holds no images/],
    ['data.one-class', 'one class', () => folderOf(['train/cat/1.jpg', 'train/cat/2.jpg']), /one class \(cat\)/],
    ['data.layout', 'unlabelled val', () => folderOf(['train/a/1.jpg', 'train/b/1.jpg', 'val/1.jpg']), /val\/1\.jpg/],
    ['data.layout', 'a class of val alone', () => folderOf(['train/a/1.jpg', 'train/b/1.jpg', 'val/c/1.jpg']), /: c\./],
  ])('answers %s to %s', async (code, _what, uri, message) => {
    const opening = open(await uri());
    await expect(opening).rejects.toMatchObject({ code });
    await expect(opening).rejects.toThrow(message);
  });

  it('names an image that is gone', async () => {
    const uri = await folderOf(['a/1.jpg', 'b/1.jpg']);
    const data = await open(uri);
    await new DirectoryStore(uri).delete('a/1.jpg');
    await expect(data.read(0)).rejects.toMatchObject({ code: 'data.changed' });
  });
});
