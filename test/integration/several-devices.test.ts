/** @file One network for several devices at once: the worker keeps every budget. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import type { LatencyTable } from '../../shared/contract/latency.ts';
import { metricsSchema, paretoSchema } from '../../shared/contract/result.ts';
import { AdditiveLatencyModel } from '../../shared/latency/additive.ts';
import { tinySearch } from '../fault/tiny-search.ts';
import { WorkerRun } from '../fault/worker-run.ts';
import { writeTinyImages } from './tiny-images.ts';

// Whole processes on a machine that may be busy with other tests.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fastpath-devices-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A device that does not exist: like the given one, but large kernels cost it four times as much. */
function badAtLargeKernels(table: LatencyTable): LatencyTable {
  const entries = Object.entries(table.entries).map(([signature, entry]) => [
    signature,
    { ...entry, latencyUs: entry.latencyUs * (/^mbconv-k[57]/.test(signature) ? 4 : 1) },
  ]);
  const hardware = { ...table.hardware, id: 'no-device', name: 'bad at large kernels' };
  return { ...table, hardware, entries: Object.fromEntries(entries), networks: [] };
}

test('a search for two devices keeps both budgets', async () => {
  const spec = tinySearch(await writeTinyImages(join(root, 'data')));
  const [{ table, budgetMs }] = spec.constraints as [(typeof spec.constraints)[0]];
  const other = badAtLargeKernels(table);
  const constraints = [
    { table, budgetMs },
    { table: other, budgetMs: budgetMs * 1.2 },
  ];
  const run = await WorkerRun.create(join(root, 'run'), { ...spec, constraints, training: null });
  expect(await run.start(20_000).ended).toEqual({ code: 0, signal: null, printed: '' });

  const result = await run.result();
  const json = (name: string) => JSON.parse(result.get(name)!.toString());
  const architecture = parseArchitecture(json('architecture.json'));
  const metrics = metricsSchema.parse(json('metrics.json'));
  expect(metrics.latency.map(({ hardware }) => hardware)).toEqual([table.hardware.id, 'no-device']);
  for (const [k, constraint] of constraints.entries()) {
    const latencyMs = new AdditiveLatencyModel(constraint.table).predict(architecture).latencyUs / 1000;
    expect(latencyMs).toBeLessThanOrEqual(constraint.budgetMs);
    expect(metrics.latency[k]!.latencyMs).toBeCloseTo(latencyMs, 12);
  }
  expect(paretoSchema.parse(json('pareto.json')).hardware).toBe(table.hardware.id);
  const expected = (await run.steps()).map(({ latency }) => latency.map(({ expectedMs }) => expectedMs));
  for (const [first, second] of expected) expect(second).toBeGreaterThan(first!);
});
