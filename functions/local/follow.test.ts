import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProgressRecord, StepRecord } from '../../shared/contract/progress.ts';
import { DirectoryStore } from '../../shared/store/directory.ts';
import { ProgressReader } from './follow.ts';

let folder: string;
let store: DirectoryStore;
const prefix = 'tenants/local/searches/a';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fastpath-follow-'));
  store = new DirectoryStore(folder);
});
afterEach(() => rm(folder, { recursive: true }));

function stepRecord(step: number, imagesPerSecond = 100): StepRecord {
  return {
    type: 'step',
    step,
    steps: 1000,
    phase: 'warmup',
    epoch: 0,
    loss: 1,
    accuracy: 0.5,
    validationLoss: null,
    validationAccuracy: null,
    latency: [],
    probabilities: [],
    imagesPerSecond,
    secondsLeft: null,
    tensorBytes: 1,
    rssBytes: 1,
    skippedImages: 0,
  };
}

const lines = (records: ProgressRecord[]) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
const put = (segment: number, text: string) =>
  store.put(`${prefix}/progress/${String(segment).padStart(6, '0')}.jsonl`, Buffer.from(text));
const steps = (records: ProgressRecord[]) => records.map(({ step }) => step);

test('nothing there yet is nothing to report', async () => {
  expect(await new ProgressReader(store, prefix).poll()).toEqual([]);
});

test('a last line without its end is read when it is whole', async () => {
  const reader = new ProgressReader(store, prefix);
  const text = lines([stepRecord(1), stepRecord(2)]);
  await put(1, text.slice(0, -30));
  expect(steps(await reader.poll())).toEqual([1]);
  expect(steps(await reader.poll())).toEqual([]);
  await put(1, text);
  expect(steps(await reader.poll())).toEqual([2]);
  expect(reader.unreadableLines).toBe(0);
});

test('a segment written anew with other timings gives only its new steps', async () => {
  const reader = new ProgressReader(store, prefix);
  await put(1, lines([1, 2, 3, 4].map((step) => stepRecord(step, 100))));
  expect(steps(await reader.poll())).toEqual([1, 2, 3, 4]);
  await put(1, lines([1, 2].map((step) => stepRecord(step, 7))));
  expect(await reader.poll()).toEqual([]);
  await put(1, lines([1, 2, 3, 4, 5, 6].map((step) => stepRecord(step, 7777))));
  expect(steps(await reader.poll())).toEqual([5, 6]);
});

test('lines that are no records are counted and left out; text beyond ASCII is kept whole', async () => {
  const reader = new ProgressReader(store, prefix);
  const note = { type: 'note', step: 1, level: 'info', message: 'Größe 漢字 🚀' } as const;
  await put(1, `{"type":"step"}\nnot json\n${lines([note])}`);
  expect(await reader.poll()).toEqual([note]);
  expect(reader.unreadableLines).toBe(2);
});

test('whatever the worker flushes, repeats or cuts, every step is read once and in order', async () => {
  // A history: each attempt goes on from some earlier step in a segment of its own, in flushes that may cut a line.
  const attempt = fc.record({
    back: fc.nat({ max: 6 }),
    length: fc.integer({ min: 1, max: 12 }),
    flushes: fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 4 }),
    killed: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 4 }), fc.uuid(), async (attempts, name) => {
      const place = `${prefix}/${name}`;
      const reader = new ProgressReader(store, place);
      const read: ProgressRecord[] = [];
      const whole = new Set<number>();
      let reached = 0;
      for (const [i, { back, length, flushes, killed }] of attempts.entries()) {
        const from = Math.max(0, reached - back);
        const numbers = Array.from({ length }, (_, j) => from + j + 1);
        const text = lines(numbers.map((step) => stepRecord(step, i)));
        const cuts = [...flushes].sort((a, b) => a - b).map((share) => Math.round(share * text.length));
        if (!killed) cuts.push(text.length);
        for (const cut of cuts) {
          await store.put(`${place}/progress/00000${i + 1}.jsonl`, Buffer.from(text.slice(0, cut)));
          read.push(...(await reader.poll()));
        }
        const kept = text.slice(0, cuts.at(-1) ?? 0).split('\n').length - 1;
        for (const step of numbers.slice(0, kept)) whole.add(step);
        reached = Math.max(0, ...whole);
      }
      expect(steps(read)).toEqual([...whole].sort((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

test('a file that is no segment is not read', async () => {
  await put(1, lines([stepRecord(1)]));
  await writeFile(join(folder, prefix, 'progress', 'notes.txt'), lines([stepRecord(9)]));
  expect(steps(await new ProgressReader(store, prefix).poll())).toEqual([1]);
});
