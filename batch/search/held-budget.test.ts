import { expect, test } from 'vitest';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { costTable } from '../../shared/latency/cost-table.ts';
import { FittedLatencyModel } from '../../shared/latency/fitted-model.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { compareTimings, holdBudgets } from './held-budget.ts';
import { choosePath } from './outcome.ts';
import type { DeviceConstraint } from './setup.ts';

const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
// Of those that were measured in full.
const [first, second] = builtInModels.slice(0, 2).map((data): DeviceConstraint => {
  const model = new FittedLatencyModel(data);
  return { model, cost: costTable(plan, model), budgetMs: 0.08 };
}) as [DeviceConstraint, DeviceConstraint];
const architecture = pathToArchitecture(plan, [0, 1, 2, 3, 4, 5, 0, 1]);
const predictedMs = (device: DeviceConstraint) => device.model.predict(architecture).latencyUs / 1000;
const timing = (device: DeviceConstraint, ratio: number) => ({
  hardware: device.model.hardware.id,
  architecture,
  latencyMs: ratio * predictedMs(device),
});

test('the latest of its own timings shrinks a device’s budget; others and early ones do not', () => {
  const timings = [timing(first, 1.1), timing(first, 1.25), timing(second, 0.5)];
  const compared = compareTimings(timings, [first, second]);
  expect(compared.map(({ measuredMs, predictedMs }) => measuredMs / predictedMs)).toEqual([
    expect.closeTo(1.1, 12),
    expect.closeTo(1.25, 12),
    expect.closeTo(0.5, 12),
  ]);
  const held = holdBudgets([first, second], compared);
  expect(held[0]!.budgetMs).toBeCloseTo(0.08 / 1.25, 12);
  expect(held[1]!.budgetMs).toBe(0.08);
});

test('timings of hardware that is no constraint any more are left out', () => {
  expect(compareTimings([timing(second, 2)], [first])).toEqual([]);
  expect(holdBudgets([first], [])).toEqual([first]);
});

test('a model that learnt nothing from a late timing still gives up the path', () => {
  const logits = plan.blocks.map(({ candidates }) => Float64Array.from(candidates, (_, i) => 3 * Math.sin(5 * i + 1)));
  const setup = { plan, devices: [first], caps: [] };
  const { path } = choosePath(setup, logits, true);
  const chosen = pathToArchitecture(plan, path);
  const predicted = first.model.predict(chosen).latencyUs / 1000;
  const late = { hardware: first.model.hardware.id, architecture: chosen, latencyMs: 0.0801 };
  expect(predicted).toBeLessThanOrEqual(0.08);
  const devices = holdBudgets([first], compareTimings([late], [first]));
  const again = choosePath({ ...setup, devices }, logits, true);
  expect(again.path).not.toEqual(path);
  const ratio = late.latencyMs / predicted;
  const againMs = first.model.predict(pathToArchitecture(plan, again.path)).latencyUs / 1000;
  expect(ratio * againMs).toBeLessThanOrEqual(0.08);
});
