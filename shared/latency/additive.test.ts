/** @file Sums over a made-up table against numbers worked out by hand, and what happens at the table's edges. */
import { describe, expect, it } from 'vitest';
import type { Architecture } from '../contract/architecture.ts';
import type { LatencyTable } from '../contract/latency.ts';
import { FastpathError } from '../errors.ts';
import { AdditiveLatencyModel } from './additive.ts';

const entry = (latencyUs: number, spreadUs = 0) => ({ latencyUs, aloneUs: latencyUs, spreadUs, count: 9 });

const table: LatencyTable = {
  format: 'fastpath.latency-table/1',
  hardware: {
    id: 'made-up',
    name: 'made up',
    device: 'none',
    runtime: 'none',
    batchSize: 1,
    precision: 'fp32',
    threads: 1,
  },
  measuredAt: '2025-01-01T00:00:00Z',
  method: {
    description: 'made up',
    rounds: 9,
    warmUpCalls: 1,
    visitUs: 1,
    quantile: 0.5,
    calibrationNetworks: 1,
    seed: 0,
  },
  drift: { reference: 'stem-k3-s2-o8-r16', largestFraction: 0, unstable: false },
  overheadUs: 10,
  coverage: [
    { space: 'small', resolution: 16, contextFactor: 1 },
    { space: 'small', resolution: 32, contextFactor: 1 },
  ],
  entries: {
    'stem-k3-s2-o8-r16': entry(20, 3),
    'mbconv-k3-e1-s1-i8-o4-r8': entry(30, 4),
    'mbconv-k5-e6-s2-i4-o6-r8': entry(40),
    'mbconv-k3-e3-s1-i6-o6-r4-id': entry(5),
    'head-i6-o16-r4': entry(7),
    'classifier-i16-c10': entry(2, 1),
    'classifier-i16-c100': entry(11, 2),
    'classifier-i16-c1000': entry(191),
  },
  networks: Array.from({ length: 5 }, () => whole(114, 114)),
};

function whole(sumOfBlocksUs: number, latencyUs: number) {
  return { space: 'small', resolution: 16, classes: 10, path: [0], latencyUs, spreadUs: 0, sumOfBlocksUs };
}

const network = (classes: number): Architecture => ({
  format: 'fastpath.architecture/1',
  resolution: 16,
  classes,
  stem: { kernel: 3, stride: 2, channels: 8 },
  blocks: [
    { op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 8, out: 4, shortcut: false },
    { op: 'mbconv', kernel: 5, expansion: 6, stride: 2, in: 4, out: 6, shortcut: false },
    { op: 'mbconv', kernel: 3, expansion: 3, stride: 1, in: 6, out: 6, shortcut: true },
  ],
  head: { channels: 16 },
});

describe('the additive model', () => {
  it('adds the cost of the call and every part', () => {
    const prediction = new AdditiveLatencyModel(table).predict(network(10));
    // 10 + 20 + 30 + 40 + 5 + 7 + 2
    expect(prediction.latencyUs).toBe(114);
    expect(prediction.flags).toEqual([]);
    expect(prediction.blocks.map(({ name, latencyUs }) => [name, latencyUs])).toEqual([
      ['stem', 20],
      ['block 1', 30],
      ['block 2', 40],
      ['block 3', 5],
      ['head', 7],
      ['classifier', 2],
    ]);
    expect(prediction.blocks[3]!.signature).toBe('mbconv-k3-e3-s1-i6-o6-r4-id');
  });

  it('widens by timing noise: 1.645 · 1.4826 · √(3² + 4² + 1²)', () => {
    const { lowUs, highUs } = new AdditiveLatencyModel(table).predict(network(10));
    expect(highUs - 114).toBeCloseTo(12.4357, 3);
    expect(114 - lowUs).toBeCloseTo(12.4357, 3);
  });

  it('widens by what whole networks of similar latency differed from their sums', () => {
    const similar = [0.9, 0.95, 1, 1.1, 1.2].map((ratio) => whole(100, 100 * ratio));
    const farAway = [whole(1000, 3000), whole(10, 1)];
    const { lowUs, highUs } = new AdditiveLatencyModel({ ...table, networks: [...similar, ...farAway] }).predict(
      network(10),
    );
    // 5 % and 95 % quantiles of −10, −5, 0, 10, 20 %: −9 % and 18 %
    expect(lowUs).toBeCloseTo(114 * 0.91 - 12.4357, 3);
    expect(highUs).toBeCloseTo(114 * 1.18 + 12.4357, 3);
  });

  it('assumes a quarter to each side, and says so, where few whole networks were timed', () => {
    const { sumOfBlocksUs: _, ...withoutSum } = whole(114, 200);
    for (const networks of [
      undefined,
      [],
      Array.from({ length: 5 }, () => withoutSum),
      [whole(100, 110), whole(100, 95)],
    ]) {
      const { lowUs, highUs, flags } = new AdditiveLatencyModel({ ...table, networks }).predict(network(10));
      expect(lowUs).toBeCloseTo(114 * 0.75 - 12.4357, 3);
      expect(highUs).toBeCloseTo(114 * 1.25 + 12.4357, 3);
      expect(flags).toEqual([expect.stringMatching(/^few whole networks were timed on made-up/)]);
    }
  });

  it.each([
    [55, 6.5, 'interpolated between 10 and 100'],
    [550, 101, 'interpolated between 100 and 1000'],
    [5, 1.5, 'extrapolated from 10 and 100'],
    [2000, 391, 'extrapolated from 100 and 1000'],
  ])('draws a line through the classifiers it knows: %i classes', (classes, latencyUs, flag) => {
    const { blocks, flags } = new AdditiveLatencyModel(table).predict(network(classes));
    expect(blocks.at(-1)!.latencyUs).toBeCloseTo(latencyUs, 9);
    expect(flags).toEqual([expect.stringContaining(`${classes} classes ${flag}`)]);
  });

  it('says which block it does not know, where, and what it does know', () => {
    const unknown = { ...network(10), resolution: 32 };
    const predict = () => new AdditiveLatencyModel(table).predict(unknown);
    expect(predict).toThrow(FastpathError);
    expect(predict).toThrow(/stem \(stem-k3-s2-o8-r32\) on made-up.*small at 16, 32 pixels/);
    const { 'classifier-i16-c10': _10, 'classifier-i16-c100': _100, ...entries } = table.entries;
    expect(() => new AdditiveLatencyModel({ ...table, entries }).predict(network(5))).toThrow(/classifier-i16-c5/);
  });

  it('flags a table of a busy machine', () => {
    const drift = { ...table.drift!, largestFraction: 0.08, unstable: true };
    const { flags } = new AdditiveLatencyModel({ ...table, drift }).predict(network(10));
    expect(flags).toEqual(['the latency table of made-up was measured on a busy machine']);
  });
});
