/** @file That the plan keeps to its minutes, that budgets are compared fairly, and what a proxy's model says. */
import { expect, it } from 'vitest';
import type { Architecture } from '../../../shared/contract/architecture.ts';
import { findLatencyModel } from '../../../shared/latency/built-in-models.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { Random } from '../../../shared/random.ts';
import { planSupernet } from '../../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { drawWithin, forProxy, fromProxy, shareOf, plan as supernet } from './budget.ts';
import { forms, proxyInput, space } from './forms.ts';
import { isHeld, nearest } from './hold.ts';
import { networkCounts, planFor } from './plan.ts';
import { spread } from './searches.ts';

const epoch = { whole: 25, proxy: 0.9 };
const processors = 2;

it.each([60, 150, 600])('fits %i minutes of all cores, with room for what is no job', (minutes) => {
  const form = forms.full;
  const plan = planFor(form, minutes, epoch, 3, processors);
  const { found, baselines } = networkCounts(form, plan.curveDevices, 3);
  const warmStarts = form.warmStartShares.reduce((a, b) => a + b, 0);
  const searches = 3 + 1 + 1 + 1 + 1 + warmStarts;
  const trainings = form.seeds.length * (found + 1.1 * baselines);
  const seconds = searches * plan.searchSeconds + trainings * plan.trainingSeconds;
  expect(seconds / processors / 60).toBeLessThan(minutes - 15);
  expect(plan.trainingEpochs).toBeGreaterThanOrEqual(1);
  expect(plan.searchEpochs).toBeGreaterThan(plan.warmupEpochs);
  // As long on the proxy as on the task.
  const proxyEpochs = plan.proxyWarmupEpochs + plan.proxySearchEpochs;
  const ratio = (proxyEpochs * epoch.proxy) / ((plan.warmupEpochs + plan.searchEpochs) * epoch.whole);
  expect(ratio).toBeCloseTo(1, 1);
});

it('gives up curves before epochs, and hands what trainings leave to searches', () => {
  const curves = [110, 300, 600].map((minutes) => planFor(forms.full, minutes, epoch, 3, processors));
  expect(curves.map(({ curveDevices }) => curveDevices)).toEqual([1, 3, 3]);
  for (const { trainingEpochs } of curves.slice(1)) expect(trainingEpochs).toBeGreaterThanOrEqual(6);
  const slow = planFor(forms.full, 150, { whole: 80, proxy: 3 }, 3, processors);
  expect(slow).toMatchObject({ curveDevices: 1, trainingEpochs: 1 });
  expect(slow.warmupEpochs + slow.searchEpochs).toBeGreaterThan(5);
});

it('refuses minutes that hold no epoch', () => {
  expect(() => planFor(forms.full, 30, { whole: 300, proxy: 10 }, 3, processors)).toThrow('hold no epoch');
});

it('gives the proxy the latency of the task, block by block', () => {
  const model = findLatencyModel('amd-epyc-zen5-ort-1t');
  const onProxy = new FittedLatencyModel(forProxy(model));
  const onTask = new FittedLatencyModel(model);
  const proxyPlan = planSupernet(space, proxyInput);
  const random = Random.named(1, 'paths');
  for (let i = 0; i < 20; i++) {
    const path = drawWithin({ model, budgetMs: 0.1 }, random);
    const small: Architecture = pathToArchitecture(proxyPlan, path);
    const whole = pathToArchitecture(supernet, path);
    expect(onProxy.predict(small).latencyUs).toBeCloseTo(onTask.predict(whole).latencyUs, 9);
    expect(fromProxy(small)).toEqual(whole);
    expect(onTask.predict(whole).latencyUs / 100).toBeGreaterThanOrEqual(0.95);
    expect(onTask.predict(whole).latencyUs / 100).toBeLessThanOrEqual(1);
  }
});

it('draws the nearest network where none keeps the budget', () => {
  const model = findLatencyModel('amd-epyc-zen5-ort-1t');
  const path = drawWithin({ model, budgetMs: 0.01 }, Random.named(1, 'paths'));
  const share = new FittedLatencyModel(model).meanUs(pathToArchitecture(supernet, path)) / 10;
  expect(share).toBeGreaterThan(1);
  expect(share).toBeLessThan(
    shareOf(
      new FittedLatencyModel(model),
      0.01,
      supernet.blocks.map(() => 5),
    ),
  );
});

it('takes of several networks the one that keeps the budget best', () => {
  expect(nearest([1.02, 0.97, 0.93])).toBe(1);
  expect(nearest([1.02, 1.01])).toBe(1);
  expect([0.949, 0.95, 1, 1.001].map((share) => isHeld(2 * share, 2))).toEqual([false, true, true, false]);
});

it('spreads networks over a curve, both ends among them', () => {
  expect(spread([1, 2, 3, 4, 5, 6, 7, 8, 9], 5)).toEqual([1, 3, 5, 7, 9]);
  expect(spread([1, 2], 5)).toEqual([1, 2]);
});
