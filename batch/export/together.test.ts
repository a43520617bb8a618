/** @file Several exports at once: in the order asked for, each with its own end, and stopped with whoever listens. */
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { exportFormats } from '../../shared/contract/export-format.ts';
import type { ExportForm, FinishedExport } from './export-network.ts';
import { makeTogether } from './together.ts';

const forms: ExportForm[] = exportFormats.map((format) => ({ format, features: false, unfolded: false }));
const python = new Set(['onnx-int8', 'pytorch', 'keras']);

/** What is asked of an exporter; `pytorch` fails. */
function watched() {
  const running = { python: 0, here: 0 };
  const seen = { python: 0, here: 0 };
  const started: string[] = [];
  const stopped: string[] = [];
  const make = async ({ format }: ExportForm, signal = new AbortController().signal): Promise<FinishedExport> => {
    const kind = python.has(format) ? 'python' : 'here';
    started.push(format);
    seen[kind] = Math.max(seen[kind], ++running[kind]);
    await sleep(format === 'keras' ? 30 : 5, undefined, { signal }).catch(() => stopped.push(format));
    running[kind]--;
    if (format === 'pytorch') throw new Error('fails');
    return { folder: format } as FinishedExport;
  };
  return { make, seen, started, stopped };
}

test('each form comes in its turn, made or failed; one at a time here, as many Pythons as processors', async () => {
  const { make, seen, started } = watched();
  const ends: string[] = [];
  for await (const { form, made } of makeTogether({ make }, forms)) {
    ends.push(`${form.format}: ${await made.then(({ folder }) => folder, String)}`);
  }
  expect(ends).toEqual(exportFormats.map((name) => `${name}: ${name === 'pytorch' ? 'Error: fails' : name}`));
  expect(seen).toEqual({ python: Math.min(3, availableParallelism()), here: 1 });
  expect(python.has(started[0]!)).toBe(true);
});

test('whoever stops listening ends what runs, and nothing more begins', async () => {
  const { make, started, stopped } = watched();
  const some = forms.filter(({ format }) => format === 'onnx' || format === 'keras');
  for await (const { made } of makeTogether({ make }, some)) {
    await made;
    break;
  }
  expect(stopped).toContain('keras');
  const begun = started.length;
  await sleep(50);
  expect(started).toHaveLength(begun);
});
