import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planShards } from './plan-shards.ts';

describe('planShards', () => {
  it('spreads every class over the shards as evenly as whole images allow', () => {
    const count = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(
        fc.array(count, { minLength: 1, maxLength: 8 }),
        fc.nat(),
        fc.integer({ min: 5, max: 60 }),
        (counts, seed, perShard) => {
          const labels = Uint16Array.from(counts.flatMap((n, label) => Array(n).fill(label)));
          const train = Uint32Array.from(labels.keys());
          const sizes = new Uint32Array(labels.length).fill(100);
          const plan = planShards(
            { labels, sizes, train, val: new Uint32Array(0) },
            { seed, shardBytes: 2048 * perShard + 1024 },
          );
          const order = plan.flatMap(({ samples }) => [...samples]);
          expect([...order].sort((a, b) => a - b)).toEqual([...train]);
          // The j-th of n of a class stands between j/n and (j+1)/n: none runs ahead of another by more than an image.
          const met = counts.map(() => 0);
          for (const sample of order) {
            met[labels[sample]!]!++;
            const furthest = Math.max(...counts.map((n, label) => (met[label]! - 1) / n));
            const nearest = Math.min(...counts.map((n, label) => (met[label]! + 1) / n));
            expect(furthest).toBeLessThan(nearest);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('is another one for another seed', () => {
    const labels = new Uint16Array(100);
    const train = Uint32Array.from(labels.keys());
    const source = { labels, sizes: new Uint32Array(100).fill(9), train, val: new Uint32Array(0) };
    const order = (seed: number) => [...planShards(source, { seed, shardBytes: 1e6 })[0]!.samples];
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });
});
