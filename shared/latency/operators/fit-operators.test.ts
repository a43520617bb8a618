/** @file Probes made from known weights give them back; networks correct what single operators say. */
import { expect, test } from 'vitest';
import type { OperatorProbe } from '../../contract/latency.ts';
import { Random } from '../../random.ts';
import { operatorFeatures } from './features.ts';
import { fitOperators } from './fit-operators.ts';
import { operatorSignature, parseOperator } from './operator.ts';

const overheadUs = 10;
const random = Random.named(1, 'operators');

function drawn(): string {
  const map = 1000 * (1 + random.below(500));
  if (random.uniform() < 0.4) return operatorSignature({ kind: 'add', reads: 2 * map, writes: map, blocked: false });
  const [input, out] = [1 + random.below(900), 1 + random.below(900)];
  return operatorSignature({ kind: 'dense', rows: 1, in: input, out, activation: null });
}

/** 3 µs an addition and 40 a MB of it; 5 µs a dense layer and 90 a million multiply-adds. */
function trueUs(signature: string, coldUs: number): number {
  const { kind, work, cold } = operatorFeatures(parseOperator(signature), 0);
  const ownUs = kind === 'add' ? 3 + 40 * work.maps! : 5 + 90 * work.macs!;
  return ownUs + coldUs * cold.weights;
}

function probeOf(count: number, coldUs: number, slower = 1): OperatorProbe {
  const operators: Record<string, number> = {};
  for (let i = 0; i < count; i++) {
    const signature = drawn();
    operators[signature] = (operators[signature] ?? 0) + 1;
  }
  const ownUs = Object.entries(operators).reduce((sum, [one, times]) => sum + times * slower * trueUs(one, coldUs), 0);
  return { operators, whole: count > 1, latencyUs: overheadUs + ownUs, spreadUs: 0, count: 1 };
}

const alone = Array.from({ length: 80 }, () => probeOf(1, 0));

test('single operators alone tell their weights', () => {
  const { kindsUs, coldUs } = fitOperators({ channelBlock: 0, probes: alone }, overheadUs);
  expect(kindsUs.add!.call).toBeCloseTo(3, 1);
  expect(kindsUs.add!.maps! + kindsUs.add!.spread! / 1e9).toBeCloseTo(40, 0);
  expect(kindsUs.dense!.call).toBeCloseTo(5, 1);
  expect(coldUs).toEqual({ call: 0, weights: 0, maps: 0 });
});

test('whole networks tell what caches hide, and how far predictions may be off', () => {
  const networks = Array.from({ length: 40 }, () => probeOf(30, 50, 1.3));
  const { kindsUs, coldUs, relativeDeviation } = fitOperators(
    { channelBlock: 0, probes: [...alone, ...networks] },
    overheadUs,
  );
  expect(relativeDeviation).toBeLessThan(0.02);
  const [probe] = [probeOf(30, 50, 1.3)];
  const predictedUs = Object.entries(probe!.operators).reduce((sum, [signature, times]) => {
    const { kind, work, cold } = operatorFeatures(parseOperator(signature), 0);
    const own = Object.entries(work).reduce((us, [name, amount]) => us + amount * (kindsUs[kind]![name] ?? 0), 0);
    return sum + times * (own + coldUs.call + coldUs.weights * cold.weights + coldUs.maps * cold.maps);
  }, overheadUs);
  expect(predictedUs / probe!.latencyUs).toBeCloseTo(1, 1);
});
