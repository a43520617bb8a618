import { expect, test } from 'vitest';
import { addMeasurementsSchema } from '../../../../shared/contract/api/measurements.ts';
import { visitCount } from '../../../../shared/latency/measuring/session.ts';
import { timedOf } from '../../../service/hardware/measurement-rows.ts';
import { measuringPlan } from '../../../service/hardware/measuring-plan.ts';
import { driftSoFar, measurementsOf, scheduleOfPlan, visitsOf } from './measuring.ts';

const plan = measuringPlan({ space: 'tiny', plan: 'short' });
const schedule = scheduleOfPlan(plan);
const keys = schedule.flatMap(({ rounds }) => rounds.flat());

/** 10 µs a call, 100 µs more of a part, 1 ms of a network, and a reference block of 200 µs. */
function timeOf(key: string): number {
  if (key === 'call') return 10;
  if (key === 'reference') return 200;
  return key.startsWith('network') ? 1000 : 110;
}

test('the schedule is that of the plan: every model once a round', () => {
  expect(schedule).toHaveLength(1);
  expect(schedule[0]!.models.map(({ key }) => key)).toEqual([
    'call',
    'reference',
    ...plan.parts,
    ...plan.networks.map((_, i) => `network ${i}`),
  ]);
  expect(keys.filter((key) => key === plan.parts[3])).toHaveLength(plan.rounds);
  expect(visitsOf(plan).parts).toEqual({ warmUpCalls: 3, visitUs: 1500 });
});

test('measurements are what the API takes: a call comes off parts, not off networks', () => {
  const measurements = measurementsOf(plan, schedule, keys.map(timeOf), 'ms_1');
  const sent = addMeasurementsSchema.parse({ measurements });
  expect(timedOf(sent.measurements, new Date())).toHaveLength(1 + plan.parts.length + plan.networks.length);
  expect(measurements[0]).toMatchObject({ item: 'ms_1:call', signature: 'call', latencyMs: 0.01, count: plan.rounds });
  expect(measurements[1]).toMatchObject({ item: `ms_1:${plan.parts[0]}`, latencyMs: 0.1, driftFraction: 0 });
  expect(measurements.at(-1)).toMatchObject({ item: `ms_1:network-${plan.networks.length - 1}`, latencyMs: 1 });
});

test('a part that is lost in the cost of a call still has a time', () => {
  const samples = keys.map((key) => (key === plan.parts[0] ? 9 : timeOf(key)));
  expect(measurementsOf(plan, schedule, samples, 'ms_1')[1]).toMatchObject({ latencyMs: 1e-6 });
});

test('a device that slows down is seen while it does', () => {
  expect(driftSoFar(plan, schedule, keys.slice(0, 20).map(timeOf))).toBeNull();
  const half = keys.length / 2;
  const slowing = keys.map((key, i) => timeOf(key) * (i < half ? 1 : 1.5));
  expect(visitCount(schedule)).toBe(keys.length);
  expect(driftSoFar(plan, schedule, slowing.slice(0, half))).toEqual({ fraction: 0, unstable: false });
  expect(driftSoFar(plan, schedule, slowing)).toMatchObject({ unstable: true });
});
