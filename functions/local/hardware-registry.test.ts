/** @file What was saved is found again; shipped hardware stays as it is; rivals lose nothing. */
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { LatencyTable } from '../../shared/contract/latency.ts';
import { builtInHardware, findLatencyTable } from '../../shared/latency/built-in.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { HardwareRegistry } from './hardware-registry.ts';

const shipped = builtInHardware()[0]!;

let root: string;
let registry: HardwareRegistry;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-registry-'));
  registry = new HardwareRegistry(new DirectoryStore(root));
});
afterEach(() => rm(root, { recursive: true }));

const sha256 = (json: unknown) => createHash('sha256').update(JSON.stringify(json)).digest('hex');

function table(id: string, blocks: Record<string, number>): LatencyTable {
  return {
    format: 'fastpath.latency-table/1',
    hardware: { id, name: id, device: 'board', runtime: 'r 1', batchSize: 1, precision: 'fp32', threads: 1 },
    imports: [{ file: `${id}.csv`, sha256: sha256(blocks), format: 'csv', importedAt: '2026-01-01T00:00:00Z' }],
    overheadUs: 3,
    coverage: [],
    entries: Object.fromEntries(
      Object.entries(blocks).map(([key, us]) => [key, { latencyUs: us, aloneUs: us, spreadUs: 0, count: 1 }]),
    ),
  };
}

test('an empty home knows what ships', async () => {
  expect(await registry.listHardware()).toEqual(builtInHardware().map((each) => ({ ...each, scope: 'public' })));
  expect(await registry.findTable(shipped.id)).toEqual(findLatencyTable(shipped.id));
  await expect(readdir(join(root, 'tenants'))).rejects.toThrow('ENOENT');
});

test('saved hardware is listed and found, by a registry opened later too', async () => {
  const mine = table('my-board', { 'head-i8-o16-r4': 5 });
  expect(await registry.saveTable(mine)).toEqual({ table: mine, merged: false });
  const later = new HardwareRegistry(new DirectoryStore(root));
  expect(await later.findTable('my-board')).toEqual(mine);
  expect((await later.listHardware()).at(-1)).toEqual({ ...mine.hardware, scope: 'own' });
});

test('rows are added, and a row in both is the new one', async () => {
  await registry.saveTable(table('my-board', { 'head-i8-o16-r4': 5, 'classifier-i16-c10': 7 }));
  const { merged } = await registry.saveTable(table('my-board', { 'head-i8-o16-r4': 6, 'classifier-i16-c100': 9 }));
  expect(merged).toBe(true);
  const { entries, imports } = await registry.findTable('my-board');
  const us = Object.fromEntries(Object.entries(entries).map(([key, { latencyUs }]) => [key, latencyUs]));
  expect(us).toEqual({ 'head-i8-o16-r4': 6, 'classifier-i16-c10': 7, 'classifier-i16-c100': 9 });
  expect(imports).toHaveLength(2);
});

test('ten that save at the same time lose no row', async () => {
  const rivals = Array.from({ length: 10 }, (_, i) => table('my-board', { [`classifier-i16-c${i + 2}`]: i + 1 }));
  await Promise.all(rivals.map((each) => registry.saveTable(each)));
  expect(Object.keys((await registry.findTable('my-board')).entries)).toHaveLength(10);
});

test('shipped hardware and another device under a known id are refused, and nothing changes', async () => {
  await expect(registry.saveTable(table(shipped.id, {}))).rejects.toThrow(/ships with Fastpath.*choose another id/);
  const mine = table('my-board', { 'head-i8-o16-r4': 5 });
  await registry.saveTable(mine);
  const other = { ...mine, hardware: { ...mine.hardware, threads: 2 } };
  await expect(registry.saveTable(other)).rejects.toThrow(/my-board has threads 1, the new rows 2: choose another id/);
  expect(await registry.findTable('my-board')).toEqual(mine);
  // The same answers before the work of measuring.
  await expect(registry.checkSavable(shipped)).rejects.toThrow(/ships with Fastpath/);
  await expect(registry.checkSavable(other.hardware)).rejects.toThrow(/my-board has threads 1, the new rows 2/);
  await registry.checkSavable(mine.hardware);
  await registry.checkSavable({ ...other.hardware, id: 'new-board' });
});

test('an unknown id brings the nearest ones, own and shipped', async () => {
  await registry.saveTable(table('my-board', {}));
  await expect(registry.findTable('my-bord')).rejects.toThrow(/hardware my-bord: use one of my-board, /);
  await expect(registry.findTable('../secrets')).rejects.toThrow(/no latency is known for hardware \.\.\/secrets/);
});

test('a damaged file is named, and hides nothing else', async () => {
  await registry.saveTable(table('my-board', {}));
  await registry.saveTable(table('other-board', {}));
  const folder = join(root, 'tenants/local/latency-tables/my-board');
  const version = (await readdir(folder)).find((name) => name !== 'latest.json')!;
  await writeFile(join(folder, version), '{"format":');
  await expect(registry.findTable('my-board')).rejects.toThrow(`${join(folder, version)} is damaged`);
  const unreadable: string[] = [];
  const listed = await registry.listHardware(({ message }) => unreadable.push(message));
  expect(listed.map(({ id }) => id)).toEqual([...builtInHardware().map(({ id }) => id), 'other-board']);
  expect(unreadable).toEqual([expect.stringContaining(join(folder, version))]);
  // What cannot be read is not written over either.
  await expect(registry.saveTable(table('my-board', {}))).rejects.toThrow('is damaged');
});
