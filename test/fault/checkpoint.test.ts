/** @file Checkpoints that a worker must not go on from, and those it must: one clear line in the record of its end. */
import { cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { writeTinyImages } from '../integration/tiny-images.ts';
import { tinySearch } from './tiny-search.ts';
import { computed, hashes, until, WorkerRun } from './worker-run.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root: string;
let data: string;
/** A run that was killed in its search phase, with two checkpoints. */
let killed: WorkerRun;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-checkpoint-'));
  data = await writeTinyImages(join(root, 'data'));
  killed = await WorkerRun.create(join(root, 'killed'), search());
  const { process: child, ended } = killed.start(0);
  await until(async () => (await killed.steps()).length > 20);
  child.kill('SIGKILL');
  await ended;
});
afterAll(() => rm(root, { recursive: true, force: true }));

function search(seed = 0): SearchSpec {
  return { ...tinySearch(data, seed), training: null };
}

/** A new run of `spec` that finds the checkpoints of the killed one. */
async function heirOfKilled(name: string, spec: SearchSpec): Promise<WorkerRun> {
  const heir = await WorkerRun.create(join(root, name), spec);
  await cp(join(killed.folder, 'checkpoints'), join(heir.folder, 'checkpoints'), { recursive: true });
  return heir;
}

async function filesUnder(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return hashes(new Map(await Promise.all(files.map(async (file) => [file, await readFile(file)] as const))));
}

/** Expects the run to end with this error alone, before any step, with all checkpoints as they were. */
async function expectRefusal(run: WorkerRun, code: string, message: RegExp): Promise<void> {
  const checkpoints = join(run.folder, 'checkpoints');
  const before = await filesUnder(checkpoints);
  expect(await run.start(0).ended).toEqual({ code: 1, signal: null, printed: '' });
  const records = (await run.segments()).flat();
  expect(records.filter(({ type }) => type !== 'note')).toEqual([
    { type: 'error', step: 0, code, message: expect.stringMatching(message), retry: false },
  ]);
  expect(JSON.stringify(records)).not.toContain('\\n');
  expect(await filesUnder(checkpoints)).toEqual(before);
  await expect(run.result()).rejects.toThrow();
}

test('a checkpoint of another spec is refused', async () => {
  const heir = await heirOfKilled('other-spec', search(1));
  await expectRefusal(heir, 'checkpoint.spec-changed', /made with other settings; go on with those, or delete/);
});

test('a checkpoint of other images is refused', async () => {
  const changing = join(root, 'changing');
  await cp(data, changing, { recursive: true });
  const spec: SearchSpec = { ...search(), data: { uri: changing } };
  const run = await WorkerRun.create(join(root, 'other-data'), spec);
  const { process: child, ended } = run.start(0);
  await until(async () => (await run.steps()).length > 2);
  child.kill('SIGTERM');
  await ended;
  const stopped = await run.checkpointStep();
  await rm(changing, { recursive: true });
  await writeTinyImages(changing, 2);
  await rm(join(run.folder, 'progress'), { recursive: true });
  await expectRefusal(run, 'checkpoint.data-changed', /the data set changed since the checkpoint of step \d+/);
  expect(await run.checkpointStep()).toBe(stopped);
});

test('a spec that changed after the job was started for it is refused', async () => {
  const run = await WorkerRun.create(join(root, 'changed-spec'), search());
  await writeFile(join(run.folder, 'spec.json'), JSON.stringify(search(3)));
  expect(await run.start(0).ended).toEqual({ code: 1, signal: null, printed: '' });
  expect((await run.segments()).flat()).toMatchObject([{ type: 'error', code: 'spec.changed' }]);
});

test('a checkpoint cut short is passed over with a warning, and one that was never finished is not looked at', async () => {
  const run = await heirOfKilled('damaged', search());
  const pointer = JSON.parse(await readFile(join(run.folder, 'checkpoints/latest.json'), 'utf8'));
  const [newest, older] = pointer.checkpoints as { step: number; manifestSha256: string }[];
  const tensors = join(run.folder, 'checkpoints', String(newest!.step), newest!.manifestSha256, 'tensors.safetensors');
  await truncate(tensors, 1000);
  // What a kill leaves between two files of a checkpoint: no manifest, and no pointer to it.
  const unfinished = `checkpoints/${newest!.step + 5}/${'0'.repeat(64)}/tensors.safetensors`;
  await new DirectoryStore(run.folder).put(unfinished, Buffer.from('half'));

  const reference = await WorkerRun.create(join(root, 'reference'), search());
  for (const job of [run, reference]) expect(await job.start(3_600_000).ended).toMatchObject({ code: 0 });
  const records = (await run.segments()).flat();
  expect(records.find((record) => record.type === 'note' && record.level === 'warning')).toMatchObject({
    step: older!.step,
    message: expect.stringContaining(`the checkpoint of step ${newest!.step} is damaged: tensors.safetensors`),
  });
  const steps = await run.steps();
  expect(steps[0]!.step).toBe(older!.step + 1);
  expect(hashes(await run.result())).toEqual(hashes(await reference.result()));
  const expected = (await reference.steps()).slice(older!.step);
  expect(steps.map(computed)).toEqual(expected.map(computed));
});

test('a second worker on the same attempt executes nothing and says nothing in its name', async () => {
  const run = await WorkerRun.create(join(root, 'claimed'), search());
  await run.store.put('tenants/local/searches/job/attempts/1/claim', Buffer.from('another'));
  expect(await run.start(0).ended).toEqual({
    code: 1,
    signal: null,
    printed: expect.stringMatching(/^attempt 1 of \S+ is another process's: give a new attempt number\n$/),
  });
  expect(await run.segments()).toEqual([]);
});
