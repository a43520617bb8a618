/** @file Devices made up for the purpose: what they really take is known. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { type FitOptions, fitTransfer, predictRow } from './fit-transfer.ts';

const features = 4;

interface Device {
  options: FitOptions;
  row: (x: readonly number[]) => Float64Array;
  latency: (x: readonly number[]) => number;
}

/** Latency 10 + w · x ms, with two sources: one with nearly these weights, one with others. */
function device(seed: number, sources: 'helpful' | 'misleading' | 'none'): Device {
  const random = Random.named(seed, 'device');
  const weights = Array.from({ length: features }, () => 1 + random.uniform());
  const known = {
    helpful: [
      weights.map((w) => w * (1 + 0.05 * random.normal())),
      weights.map((w) => w * (1 + 0.3 * random.normal())),
    ],
    misleading: [weights.map(() => -random.uniform()), weights.map(() => -2 * random.uniform())],
    none: [],
  }[sources];
  const models = known.map(
    (w) => (x: readonly number[]) => 1 + x.reduce((sum, value, k) => sum + 0.1 * value * w[k]!, 0),
  );
  return {
    options: {
      layout: { sources: known.length, physical: features, blocks: 0 },
      sourceDeviations: known.map(() => 0.25),
      noise: 'constant',
      expected: null,
    },
    row: (x) => Float64Array.from([1, ...models.map((model) => model(x)), ...x.map((value) => value / 2)]),
    latency: (x) => x.reduce((sum, value, k) => sum + value * weights[k]!, 10),
  };
}

const draw = (random: Random) => Array.from({ length: features }, () => random.normal());

function run({ options, row, latency }: Device, count: number, seed: number, noise = 0.1) {
  const random = Random.named(seed, 'timings');
  const timed = Array.from({ length: count }, () => draw(random));
  const posterior = fitTransfer(
    { rows: timed.map(row), latencies: timed.map((x) => latency(x) + noise * random.normal()) },
    options,
  );
  const tests = Array.from({ length: 200 }, () => draw(random));
  const results = tests.map((x) => {
    const { mean, deviation } = predictRow(posterior, row(x));
    const measured = latency(x) + noise * random.normal();
    return {
      error: Math.abs(mean - measured),
      inside: Math.abs(mean - measured) < posterior.intervalDeviations * deviation,
    };
  });
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    error: mean(results.map(({ error }) => error)),
    inside: mean(results.map(({ inside }) => (inside ? 1 : 0))),
  };
}

const seeds = Array.from({ length: 40 }, (_, seed) => seed);
const meanOver = (of: (seed: number) => number) => seeds.reduce((sum, seed) => sum + of(seed), 0) / seeds.length;

describe('fitTransfer', () => {
  it('finds the device from twenty timings: errors near the noise of one timing', () => {
    // The mean of |normal| is 0.8 deviations.
    expect(meanOver((seed) => run(device(seed, 'none'), 20, seed).error)).toBeLessThan(0.8 * 0.1 * 1.35);
  });

  it('needs fewer with a source that is alike', () => {
    const alone = meanOver((seed) => run(device(seed, 'none'), 4, seed).error);
    const transfer = meanOver((seed) => run(device(seed, 'helpful'), 4, seed).error);
    expect(transfer).toBeLessThan(0.7 * alone);
  });

  it('is not led astray by sources that are not', () => {
    for (const count of [10, 20]) {
      const alone = meanOver((seed) => run(device(seed, 'none'), count, seed).error);
      const misled = meanOver((seed) => run(device(seed, 'misleading'), count, seed).error);
      expect(misled).toBeLessThan(1.3 * alone);
    }
  });

  it.each([5, 10, 20, 40])('%i timings: nine in ten timings fall into the interval, or a few more', (count) => {
    const inside = meanOver((seed) => run(device(seed, 'helpful'), count, seed).inside);
    expect(inside).toBeGreaterThan(0.85);
    expect(inside).toBeLessThan(count < 20 ? 1 : 0.97);
  });

  it('does not care about the unit', () => {
    const { options, row, latency } = device(1, 'helpful');
    const random = Random.named(1, 'unit');
    const timed = Array.from({ length: 12 }, () => draw(random));
    const [ms, us] = [1, 1000].map((unit) =>
      fitTransfer({ rows: timed.map(row), latencies: timed.map((x) => unit * latency(x)) }, options),
    );
    const x = row(draw(random));
    const [inMs, inUs] = [predictRow(ms!, x), predictRow(us!, x)];
    expect(inUs.mean / inMs.mean).toBeCloseTo(1000, 6);
    expect(inUs.deviation / inMs.deviation).toBeCloseTo(1000, 6);
  });

  it('answers without any timing as the sources do, far from sure', () => {
    const { options, row, latency } = device(3, 'helpful');
    const posterior = fitTransfer({ rows: [], latencies: [] }, { ...options, expected: 10 });
    const random = Random.named(3, 'none timed');
    const tests = Array.from({ length: 100 }, () => draw(random));
    for (const x of tests) {
      const { mean, deviation } = predictRow(posterior, row(x));
      expect(Math.abs(mean - latency(x))).toBeLessThan(4 * deviation);
      expect(deviation).toBeGreaterThan(1);
    }
    expect(() => fitTransfer({ rows: [], latencies: [] }, options)).toThrow(RangeError);
  });
});
