/** @file What a run may rely on: the newest checkpoint back, two kept, takeovers refused, another spec or data refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import { CheckpointStore } from './checkpoint-store.ts';

const stateSchema = z.strictObject({ epoch: z.number(), random: z.array(z.number()) });
const tensors = (step: number) =>
  new Map<string, Tensor>([
    ['stem', { shape: [2, 2], data: new Float32Array([step, -step, 0.5, step / 3]) }],
    ['steps', { shape: [1], data: new Int32Array([step]) }],
  ]);
const checkpoint = (step: number) => ({ step, state: { epoch: step / 10, random: [step, 2] }, tensors: tensors(step) });

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-checkpoint-'));
});
afterAll(() => rm(folder, { recursive: true }));

let runs = 0;
function newRun() {
  const store = new DirectoryStore(join(folder, `run-${runs++}`));
  const prefix = 'searches/one';
  const open = (changed: { specSha256?: string; dataFingerprint?: string } = {}) =>
    new CheckpointStore({ store, prefix, specSha256: 'spec', dataFingerprint: 'data', stateSchema, ...changed });
  const keys = async () => {
    const found: string[] = [];
    for await (const { key } of store.list(`${prefix}/checkpoints/`)) found.push(key);
    return found;
  };
  return { store, prefix, open, keys };
}

async function saveAll(run: ReturnType<typeof newRun>, steps: readonly number[]) {
  const writer = run.open();
  await writer.load();
  for (const step of steps) await writer.save(checkpoint(step));
  return writer;
}

describe('CheckpointStore', () => {
  test('a run without checkpoints starts from the beginning', async () => {
    expect(await newRun().open().load()).toBeNull();
  });

  test('another process gets back exactly what was saved last', async () => {
    const run = newRun();
    await saveAll(run, [10, 20, 30]);
    expect(await run.open().load()).toEqual({ ...checkpoint(30), warnings: [] });
  });

  test('only the two newest are kept, and nothing else is left', async () => {
    const run = newRun();
    await saveAll(run, [9, 10, 11, 12]);
    const left = (await run.keys()).map((key) => key.replace(/[0-9a-f]{64}/, 'HASH'));
    const files = ['manifest.json', 'state.json', 'tensors.safetensors'];
    const base = 'searches/one/checkpoints';
    expect(left).toEqual([
      ...[11, 12].flatMap((step) => files.map((file) => `${base}/${step}/HASH/${file}`)),
      `${base}/latest.json`,
    ]);
  });

  test('a process that was taken over cannot save, and the one that took over can', async () => {
    const run = newRun();
    const sleeper = await saveAll(run, [10]);
    const successor = run.open();
    await successor.load();
    await successor.save(checkpoint(20));
    const before = await run.keys();
    await expect(sleeper.save(checkpoint(20))).rejects.toMatchObject({ code: 'checkpoint.superseded' });
    await expect(sleeper.save(checkpoint(25))).rejects.toMatchObject({ code: 'checkpoint.superseded' });
    expect(await run.keys()).toEqual(expect.arrayContaining(before));
    await successor.save(checkpoint(30));
    expect(await run.open().load()).toMatchObject({ step: 30, warnings: [] });
  });

  test('of two processes that both start a run, one wins', async () => {
    const run = newRun();
    const writers = [run.open(), run.open(), run.open()];
    await Promise.all(writers.map((writer) => writer.load()));
    const results = await Promise.allSettled(writers.map((writer, i) => writer.save(checkpoint(i + 1))));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const winner = results.findIndex(({ status }) => status === 'fulfilled');
    expect(await run.open().load()).toEqual({ ...checkpoint(winner + 1), warnings: [] });
  });

  test('saving the same again is no change; going back in steps is refused', async () => {
    const run = newRun();
    const writer = await saveAll(run, [10, 20]);
    const before = await run.store.get('searches/one/checkpoints/latest.json');
    await writer.save(checkpoint(20));
    expect(await run.store.get('searches/one/checkpoints/latest.json')).toEqual(before);
    await expect(writer.save(checkpoint(19))).rejects.toMatchObject({ code: 'checkpoint.order' });
  });

  test('another spec or other data is refused and says what to do', async () => {
    const run = newRun();
    await saveAll(run, [10]);
    await expect(run.open({ specSha256: 'other' }).load()).rejects.toMatchObject({
      code: 'checkpoint.spec-changed',
      message: expect.stringContaining('delete searches/one/checkpoints to start over'),
    });
    await expect(run.open({ dataFingerprint: 'other' }).load()).rejects.toMatchObject({
      code: 'checkpoint.data-changed',
      message: expect.stringContaining('the data set changed'),
    });
    expect(await run.open().load()).toMatchObject({ step: 10 });
  });

  test('a state that the schema does not know is refused when read and when written', async () => {
    const run = newRun();
    const writer = await saveAll(run, [10]);
    const newer = new CheckpointStore({
      store: run.store,
      prefix: run.prefix,
      specSha256: 'spec',
      dataFingerprint: 'data',
      stateSchema: z.strictObject({ epoch: z.string() }),
    });
    await expect(newer.load()).rejects.toMatchObject({ code: 'checkpoint.state-invalid' });
    const unsayable = { ...checkpoint(20), state: { epoch: Number.NaN, random: [] } };
    await expect(writer.save(unsayable)).rejects.toMatchObject({ code: 'checkpoint.state-invalid' });
    expect(await run.open().load()).toMatchObject({ step: 10 });
  });

  test('save before load is refused: it would not know which pointer it may move', async () => {
    await expect(newRun().open().save(checkpoint(1))).rejects.toMatchObject({ code: 'checkpoint.not-loaded' });
  });
});
