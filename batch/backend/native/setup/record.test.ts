import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { nativeLayout } from './layout.ts';
import { readRecord, type SetupRecord, stillServes, writeRecord } from './record.ts';

const wheel: SetupRecord = { flavour: 'cpu', source: 'wheel', version: '2.21.0', label: 'wheel tensorflow-cpu' };

test('a record serves its flavour and, of a wheel, its version', () => {
  expect(stillServes(wheel, 'cpu', '2.21.0')).toBe(true);
  expect(stillServes(wheel, 'gpu', '2.21.0')).toBe(false);
  expect(stillServes(wheel, 'cpu', '2.22.0')).toBe(false);
  expect(stillServes({ ...wheel, source: 'official', version: '2.9.1' }, 'cpu', '2.22.0')).toBe(true);
  expect(stillServes(undefined, 'cpu', '2.21.0')).toBe(false);
});

test('a record is read back; one that is none counts as none', async () => {
  const home = await mkdtemp(join(tmpdir(), 'fastpath-record-'));
  onTestFinished(() => rm(home, { recursive: true }));
  const layout = { ...nativeLayout(home), record: join(home, 'setup.json') };
  expect(await readRecord(layout)).toBeUndefined();
  await writeRecord(layout, wheel);
  expect(await readRecord(layout)).toEqual(wheel);
  await writeFile(layout.record, '{"flavour":"cpu"');
  expect(await readRecord(layout)).toBeUndefined();
});
