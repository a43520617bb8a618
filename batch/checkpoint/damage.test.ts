/** @file Faults: every store operation interrupted, every file cut, emptied, altered or lost. Nothing half-written is ever read. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { DirectoryStore } from '../../shared/store/directory.ts';
import type { ObjectStore, WriteCondition } from '../../shared/store/object-store.ts';
import type { Tensor } from '../../shared/weights/tensor.ts';
import { CheckpointStore } from './checkpoint-store.ts';

const stateSchema = z.strictObject({ epoch: z.number() });
const checkpoint = (step: number) => ({
  step,
  state: { epoch: step },
  tensors: new Map<string, Tensor>([['w', { shape: [3], data: new Float32Array([step, 1 / step, -1]) }]]),
});

class Interrupted extends Error {}

/** The real directory store, until the given write: then it dies just before or just after that write took effect. */
class DyingStore extends DirectoryStore {
  private writes = 0;
  constructor(
    root: string,
    private readonly dyingWrite: number,
    private readonly moment: 'before' | 'after',
  ) {
    super(root);
  }

  private async write<T>(operation: () => Promise<T>): Promise<T> {
    this.writes++;
    if (this.writes > this.dyingWrite) throw new Interrupted('dead already');
    if (this.writes < this.dyingWrite) return operation();
    if (this.moment === 'after') await operation();
    throw new Interrupted(`${this.moment} write ${this.writes}`);
  }

  override put(key: string, bytes: Uint8Array, condition?: WriteCondition) {
    return this.write(() => super.put(key, bytes, condition));
  }

  override delete(key: string) {
    return this.write(() => super.delete(key));
  }
}

const open = (store: ObjectStore) =>
  new CheckpointStore({ store, prefix: 'run', specSha256: 's', dataFingerprint: 'd', stateSchema });

let folder: string;
let saved: string;
let names: string[];
let copies = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-damage-'));
  saved = join(folder, 'saved');
  const store = new DirectoryStore(saved);
  const writer = open(store);
  await writer.load();
  for (const step of [1, 2, 3]) await writer.save(checkpoint(step));
  names = [];
  for await (const { key } of store.list('run/')) names.push(key);
});
afterAll(() => rm(folder, { recursive: true }));

async function copy(): Promise<string> {
  const root = join(folder, `copy-${copies++}`);
  await cp(saved, root, { recursive: true });
  return root;
}

test('three puts, one pointer and three deletes make a save: each is interrupted below', async () => {
  const root = await copy();
  const store = new DyingStore(root, 7, 'before');
  const writer = open(store);
  await writer.load();
  await expect(writer.save(checkpoint(4))).rejects.toThrow('before write 7');
});

for (const moment of ['before', 'after'] as const) {
  test.each([1, 2, 3, 4, 5, 6, 7])(`dying ${moment} write %i of a save loses nothing that was saved`, async (n) => {
    const root = await copy();
    const dying = open(new DyingStore(root, n, moment));
    await dying.load();
    await expect(dying.save(checkpoint(4))).rejects.toBeInstanceOf(Interrupted);

    const moved = n > 4 || (n === 4 && moment === 'after');
    const next = open(new DirectoryStore(root));
    const loaded = await next.load();
    expect(loaded).toEqual({ ...checkpoint(moved ? 4 : 3), warnings: [] });
    await next.save(checkpoint(4));
    await next.save(checkpoint(5));
    await next.save(checkpoint(6));
    expect(await open(new DirectoryStore(root)).load()).toEqual({ ...checkpoint(6), warnings: [] });
    const left: string[] = [];
    for await (const { key } of new DirectoryStore(root).list('run/')) left.push(key);
    expect(left, 'what the dead one left is cleared away').toHaveLength(7);
  });
}

test('the very first save, interrupted anywhere, leaves a run that starts from the beginning or from it', async () => {
  for (const moment of ['before', 'after'] as const)
    for (const n of [1, 2, 3, 4]) {
      const root = join(folder, `first-${moment}-${n}`);
      const dying = open(new DyingStore(root, n, moment));
      await dying.load();
      await expect(dying.save(checkpoint(1))).rejects.toBeInstanceOf(Interrupted);
      const next = open(new DirectoryStore(root));
      // Whole although never named: as good as a named one.
      const whole = n === 4 || (n === 3 && moment === 'after');
      expect(await next.load()).toEqual(whole ? { ...checkpoint(1), warnings: [] } : null);
      await next.save(checkpoint(2));
      expect(await open(new DirectoryStore(root)).load()).toMatchObject({ step: 2, warnings: [] });
    }
});

test('a write whose answer was lost is recognised as ours when it is tried again', async () => {
  class LosesAnswers extends DirectoryStore {
    override async put(key: string, bytes: Uint8Array, condition?: WriteCondition) {
      await super.put(key, bytes, condition);
      return super.put(key, bytes, condition);
    }
  }
  const store = new LosesAnswers(await copy());
  const writer = open(store);
  await writer.load();
  await writer.save(checkpoint(4));
  await writer.save(checkpoint(5));
  expect(await open(store).load()).toEqual({ ...checkpoint(5), warnings: [] });
});

/** What reading may give after damage to one file: the newest, or, with a warning that says so, the one before. */
async function expectStillThere(root: string, name: string): Promise<void> {
  const loaded = await open(new DirectoryStore(root)).load();
  const hitsNewest = name.startsWith('run/checkpoints/3/');
  expect(loaded).toEqual({
    ...checkpoint(hitsNewest ? 2 : 3),
    warnings: hitsNewest ? [expect.stringContaining('the checkpoint of step 3 is damaged')] : [],
  });
}

test('any file cut at any byte: the newest whole checkpoint is read', async () => {
  const root = await copy();
  for (const name of names) {
    const path = join(root, name);
    const whole = await readFile(path);
    for (let length = 0; length < whole.length; length++) {
      await writeFile(path, whole.subarray(0, length));
      await expectStillThere(root, name);
    }
    await writeFile(path, whole);
  }
});

test('any byte of any file altered: the newest whole checkpoint is read', async () => {
  const root = await copy();
  const cases = fc.tuple(
    fc.constantFrom(...names.filter((n) => !n.endsWith('latest.json'))),
    fc.nat(),
    fc.integer({ min: 1, max: 255 }),
  );
  await fc.assert(
    fc.asyncProperty(cases, async ([name, at, flip]) => {
      const path = join(root, name);
      const whole = await readFile(path);
      const altered = Buffer.from(whole);
      altered[at % whole.length]! ^= flip;
      await writeFile(path, altered);
      await expectStillThere(root, name);
      await writeFile(path, whole);
    }),
    { numRuns: 200 },
  );
});

test('any file lost: the newest whole checkpoint is read', async () => {
  for (const name of names) {
    const root = await copy();
    await rm(join(root, name));
    await expectStillThere(root, name);
  }
});

test('after falling back the run goes on, and the damaged checkpoint is gone for good', async () => {
  const root = await copy();
  const damagedName = names.find((name) => name.startsWith('run/checkpoints/3/') && name.endsWith('.safetensors'))!;
  await writeFile(join(root, damagedName), 'rubbish');
  const writer = open(new DirectoryStore(root));
  expect((await writer.load())!.step).toBe(2);
  await writer.save(checkpoint(3));
  expect(await open(new DirectoryStore(root)).load()).toEqual({ ...checkpoint(3), warnings: [] });
  await writeFile(join(root, damagedName), 'rubbish');
  expect((await open(new DirectoryStore(root)).load())!.step).toBe(2);
});

test('with both damaged it says so instead of starting over in silence', async () => {
  const root = await copy();
  for (const name of names.filter((each) => each.endsWith('state.json'))) await rm(join(root, name));
  await expect(open(new DirectoryStore(root)).load()).rejects.toMatchObject({
    code: 'checkpoint.damaged',
    message: expect.stringMatching(/step 3 is damaged: state.json is missing.*step 2.*delete run\/checkpoints/),
  });
});

test('a store that cannot be reached is not mistaken for damage', async () => {
  class Unreachable extends DirectoryStore {
    override async get(key: string) {
      if (key.endsWith('.safetensors')) throw new Interrupted('no network');
      return super.get(key);
    }
  }
  await expect(open(new Unreachable(await copy())).load()).rejects.toThrow('no network');
});
