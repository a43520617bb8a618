/** @file Weights that come from outside: of this network, all of them, and numbers. */
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { selectBackend } from '../backend/select.ts';
import { networkOf } from '../network/from-architecture.ts';
import { smallArchitecture } from '../network/test-architecture.ts';
import { loadOwnWeights, readWeights } from './saved-state.ts';

beforeAll(async () => {
  await selectBackend('wasm');
});

test('a weight that is not finite is refused, the tensor named', () => {
  const network = networkOf(smallArchitecture, { seed: 1 });
  const good = new Map(
    [...readWeights(network)].map(([name, { shape, data }]) => [name, { shape, data: data.slice() }]),
  );
  loadOwnWeights(network, good);
  const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
  fc.assert(
    fc.property(fc.constantFrom(...good.keys()), fc.double({ min: 0, max: 0.999 }), bad, (name, place, value) => {
      const { shape, data } = good.get(name)!;
      const spoilt = (data as Float32Array).with(Math.floor(place * data.length), value);
      expect(() => loadOwnWeights(network, new Map([...good, [name, { shape, data: spoilt }]]))).toThrow(
        expect.objectContaining({
          code: 'weights.not-finite',
          message: `the weights have ${value} in ${name}: train the network again, or give other weights`,
        }),
      );
    }),
    { numRuns: 40 },
  );
});
