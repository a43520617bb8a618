/** @file Networks side by side: what is weighed, what is on the frontier, what is said of the rest. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describe as costsOf } from '../architecture/describe.ts';
import { comparisonSchema } from '../contract/comparison.ts';
import { findLatencyModel } from '../latency/built-in-models.ts';
import { FittedLatencyModel } from '../latency/fitted-model.ts';
import { findSpace } from '../space/built-in.ts';
import { mobileNetShaped } from './baselines.ts';
import { type ComparedNetwork, compareNetworks } from './compare.ts';
import { frontierOf } from './frontier.ts';

const models = ['amd-epyc-zen5-ort-1t', 'amd-epyc-zen4-ort-1t'].map(
  (id) => new FittedLatencyModel(findLatencyModel(id)),
);
const sized = (widthMultiplier: number, resolution = 32) =>
  mobileNetShaped(findSpace('tiny'), { resolution, classes: 10 }, widthMultiplier);
const network = (name: string, widthMultiplier: number, top1: number | null, baseline = false): ComparedNetwork => ({
  name,
  architecture: sized(widthMultiplier),
  accuracy: top1 === null ? null : { top1, of: '400 test images' },
  baseline,
});

test('each network has its costs, and its latency on every device as predicted', () => {
  const given = network('a', 1, null);
  const comparison = comparisonSchema.parse(compareNetworks([given], models));
  const { macs, parameters, peakActivationBytes, id } = costsOf(given.architecture);
  expect(comparison.networks[0]).toMatchObject({ architectureId: id, macs, parameters, peakActivationBytes });
  expect(comparison.networks[0]!.latency.map(({ hardware, latencyMs }) => [hardware, latencyMs])).toEqual(
    models.map((model) => [model.hardware.id, model.predict(given.architecture).latencyUs / 1000]),
  );
});

describe('what latency is weighed against', () => {
  const frontier = ({ networks }: ReturnType<typeof compareNetworks>) =>
    networks.filter(({ latency }) => latency[0]!.onFrontier).map(({ name }) => name);

  test('accuracy, where a given network and another one have one; who has none is on no frontier', () => {
    const networks = [network('small', 0.5, 0.6), network('large', 2, 0.5), network('unknown', 0.35, null)];
    const comparison = compareNetworks(networks, models);
    expect(comparison.worth).toBe('accuracy');
    expect(frontier(comparison)).toEqual(['small']);
  });

  test('multiply-adds, where only baselines have one', () => {
    const networks = [network('mine', 1, null), network('b', 0.5, 0.6, true), network('c', 2, 0.7, true)];
    const comparison = compareNetworks(networks, models);
    expect(comparison.worth).toBe('macs');
    expect(frontier(comparison)).toEqual(['mine', 'b', 'c']);
  });
});

test('what makes networks less comparable is said', () => {
  const other = { ...network('b', 1, 0.7), architecture: sized(1, 64), accuracy: { top1: 0.7, of: 'other images' } };
  expect(compareNetworks([network('a', 1, 0.6), other], models).notes).toEqual([
    'inputs of 32, 64 pixels',
    'accuracies of different measures: 400 test images; other images',
  ]);
  expect(compareNetworks([network('a', 1, 0.6)], models).notes).toEqual([]);
});

test('nothing on a frontier is beaten, and everything off it is', () => {
  const point = fc.record({ cost: fc.integer({ min: 0, max: 9 }), worth: fc.integer({ min: 0, max: 9 }) });
  fc.assert(
    fc.property(fc.array(point), (points) => {
      const frontier = frontierOf(points);
      const beats = (a: (typeof points)[number], b: typeof a) =>
        a.cost <= b.cost && a.worth >= b.worth && (a.cost < b.cost || a.worth > b.worth);
      for (const each of frontier) expect(points.some((other) => beats(other, each))).toBe(false);
      for (const each of points) {
        const same = frontier.some(({ cost, worth }) => cost === each.cost && worth === each.worth);
        expect(same || frontier.some((other) => beats(other, each))).toBe(true);
      }
    }),
  );
});
