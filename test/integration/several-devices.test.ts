/** @file One network for several devices at once: the worker keeps every budget. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { parseArchitecture } from '../../shared/architecture/parse.ts';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import { metricsSchema, paretoSchema } from '../../shared/contract/result.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
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
function badAtLargeKernels(model: LatencyModelData): LatencyModelData {
  const parts = Object.entries(model.parts).map(([signature, numbers]) => [
    signature,
    numbers.map((us) => us * (/^mbconv-k[57]/.test(signature) ? 4 : 1)),
  ]);
  const hardware = { ...model.hardware, id: 'no-device', name: 'bad at large kernels' };
  return { ...model, hardware, parts: Object.fromEntries(parts) };
}

test('a search for two devices keeps both budgets', async () => {
  const spec = tinySearch(await writeTinyImages(join(root, 'data')));
  const [{ model, budgetMs }] = spec.constraints as [(typeof spec.constraints)[0]];
  const other = badAtLargeKernels(model);
  const constraints = [
    { model, budgetMs },
    { model: other, budgetMs: budgetMs * 1.2 },
  ];
  const run = await WorkerRun.create(join(root, 'run'), { ...spec, constraints, training: null });
  expect(await run.start(20_000).ended).toEqual({ code: 0, signal: null, printed: '' });

  const result = await run.result();
  const json = (name: string) => JSON.parse(result.get(name)!.toString());
  const architecture = parseArchitecture(json('architecture.json'));
  const metrics = metricsSchema.parse(json('metrics.json'));
  expect(metrics.latency.map(({ hardware }) => hardware)).toEqual([model.hardware.id, 'no-device']);
  for (const [k, constraint] of constraints.entries()) {
    const latencyMs = new FittedLatencyModel(constraint.model).predict(architecture).latencyUs / 1000;
    expect(latencyMs).toBeLessThanOrEqual(constraint.budgetMs);
    expect(metrics.latency[k]!.latencyMs).toBeCloseTo(latencyMs, 12);
  }
  expect(paretoSchema.parse(json('pareto.json')).hardware).toBe(model.hardware.id);
  const expected = (await run.steps()).map(({ latency }) => latency.map(({ expectedMs }) => expectedMs));
  for (const [first, second] of expected) expect(second).toBeGreaterThan(first!);
});
