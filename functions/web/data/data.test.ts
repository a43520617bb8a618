import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDataSet } from '../../../shared/data/open-data.ts';
import type { DirectoryStore } from '../../../shared/store/directory.ts';
import { packFolder } from '../assets/pack-folder.js';
import { openWeb, signIn, type WebSetting } from '../test-setting.ts';

let setting: WebSetting;
let folder: string;

beforeAll(async () => {
  setting = await openWeb();
  folder = await mkdtemp(join(tmpdir(), 'fastpath-packed-'));
});

afterAll(async () => {
  await setting.close();
  await rm(folder, { recursive: true });
});

const image = (path: string) => ({ path, file: new Blob([`image ${path}`]) });

test('a folder is packed as the service reads it: every image in its class and split', async () => {
  const names = ['train/b/1.JPG', 'train/b/2.png', 'train/a b/x.jpeg', 'val/b/3.jpg', 'val/a b/4.webp'];
  const uploads = packFolder([...names, 'train/.DS_Store', 'notes.txt'].map(image));
  expect(uploads.map(({ name }) => name)).toEqual(['train-0000.tar', 'val-0000.tar', 'classes.txt']);
  for (const { name, content } of uploads) {
    await writeFile(join(folder, name), new Uint8Array(await content.arrayBuffer()));
  }
  const data = await openDataSet(folder, { cacheDirectory: null });
  expect([data.classes, data.train.length, data.val.length]).toEqual([['a b', 'b'], 3, 2]);
  const read = async (samples: Iterable<number>) => {
    const all: string[] = [];
    for (const i of samples) all.push(`${data.classes[data.labels[i]!]}: ${Buffer.from(await data.read(i))}`);
    return all.sort();
  };
  const of = (split: string) =>
    names
      .filter((name) => name.startsWith(split))
      .map((name) => `${name.split('/')[1]}: image ${name}`)
      .sort();
  expect(await read(data.train)).toEqual(of('train'));
  expect(await read(data.val)).toEqual(of('val'));
});

test('the same folder gives the same shards in whatever order it is read; what is no data set is refused', async () => {
  const entries = ['a/1.jpg', 'a/2.jpg', 'b/1.jpg'].map(image);
  const bytes = async (uploads: ReturnType<typeof packFolder>) =>
    Promise.all(uploads.map(async ({ content }) => Buffer.from(await content.arrayBuffer()).toString('base64')));
  expect(await bytes(packFolder(entries))).toEqual(await bytes(packFolder([...entries].reverse())));
  expect(() => packFolder(['a/1.jpg', '2.jpg'].map(image))).toThrow('a folder of images for each class');
  expect(() => packFolder(['train/a/1.jpg', 'train/b/1.jpg', 'val/c/1.jpg'].map(image))).toThrow(
    'val/ has a class c that train/ has not',
  );
});

test.each([
  ['Training', 'Testing'],
  ['TRAIN', 'valid'],
  ['train', 'Validation'],
])('%s and %s are the parts of a set, and no classes', (train, val) => {
  const inSplits = packFolder([`${train}/a/1.jpg`, `${train}/b/1.jpg`, `${val}/a/2.jpg`].map(image));
  const usual = packFolder(['train/a/1.jpg', 'train/b/1.jpg', 'val/a/2.jpg'].map(image));
  expect(inSplits.map(({ name }) => name)).toEqual(usual.map(({ name }) => name));
  const flat = [`${train}/1.jpg`, `${val}/1.jpg`].map(image);
  expect(() => packFolder(flat)).toThrow('a folder of images for each class');
  expect(() => packFolder([`${val}/a/1.jpg`, 'test/a/1.jpg'].map(image))).toThrow('a folder of images for each class');
});

test('a test set stays aside where there is one to validate on; classes may be called like parts', async () => {
  const uploads = packFolder(['train/a/1.jpg', 'train/b/1.jpg', 'test/c/1.jpg', 'val/a/1.jpg'].map(image));
  expect(uploads.map(({ name }) => name)).toEqual(['train-0000.tar', 'val-0000.tar', 'classes.txt']);
  expect(await packFolder(['train/1.jpg', 'bus/1.jpg'].map(image)).at(-1)!.content.text()).toBe('bus\ntrain\n');
});

async function send(path: string, json: unknown, key: 'admin' | 'theirs' = 'admin') {
  const cookie = await signIn(setting.web, setting.keys[key]);
  const headers = { cookie, 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' };
  const body = typeof json === 'string' ? json : JSON.stringify(json);
  const response = await setting.web.request(path, { method: 'POST', headers, body });
  return { status: response.status, json: (await response.json()) as never as { id: string; detail: string } };
}

test('an upload is announced, tells what it lacks, and is completed; by its owner only', async () => {
  const files = ['train-0000.tar', 'classes.txt'].map((name) => ({ name, bytes: 4 }));
  const { status, json } = await send('/app/data', { name: 'signs', source: { type: 'upload', files } });
  expect(status).toBe(200);
  const missing = async () => JSON.parse((await setting.visit(`/app/data/${json.id}/missing`)).text);
  expect((await missing()).uploads).toMatchObject(files);
  const place = `tenants/${setting.tenantId}/datasets/${json.id}/files`;
  await (setting.store as DirectoryStore).put(`${place}/classes.txt`, Buffer.from('a\nb\n'));
  expect((await missing()).uploads).toMatchObject([files[0]]);
  const early = await send(`/app/data/${json.id}/complete`, {});
  expect([early.status, early.json.detail]).toEqual([
    409,
    expect.stringMatching(/^Train-0000\.tar .* not been uploaded/),
  ]);
  expect((await send(`/app/data/${json.id}/complete`, {}, 'theirs')).status).toBe(404);
  expect((await setting.visit(`/app/data/${json.id}/missing`, { key: 'theirs' })).text).toContain(
    'There is no data set',
  );
  expect((await setting.visit('/app/data')).text).toContain('go on with signs');
});

test('a data set is deleted by a second button, which is there once the first was opened', async () => {
  const files = [{ name: 'classes.txt', bytes: 4 }];
  const { json } = await send('/app/data', { name: 'gone <soon>', source: { type: 'upload', files } });
  const { text } = await setting.visit('/app/data');
  const form = new RegExp(`<details><summary id="delete-${json.id}">Delete .*?</summary><form.*?</details>`, 's');
  expect(form.exec(text)?.[0]).toContain('Really delete gone &lt;soon&gt;');
  expect((await setting.visit(`/app/data/${json.id}/delete`, { form: {} })).status).toBe(303);
  expect((await setting.visit('/app/data')).text).not.toContain(json.id);
});

test('what cannot be read is refused in one line', async () => {
  const broken = await send('/app/data', '{');
  expect([broken.status, broken.json.detail]).toEqual([400, expect.stringMatching(/^The body is not JSON/)]);
  const empty = await send('/app/data', { name: 'x', source: { type: 'upload', files: [] } });
  expect([empty.status, empty.json.detail]).toEqual([422, expect.stringMatching(/^Data set: /)]);
});
