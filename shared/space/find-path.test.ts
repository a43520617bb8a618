import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../architecture/identity.ts';
import { Random } from '../random.ts';
import { builtInSpaces, findSpace } from './built-in.ts';
import { findPath } from './find-path.ts';
import { planSupernet } from './make-plan.ts';
import { pathToArchitecture, uniformPath } from './path.ts';

const plans = Object.values(builtInSpaces).map((space) =>
  planSupernet(space, { resolution: space.resolution, classes: 10 }),
);

test('every path of every built-in space is found again as the same network', () => {
  fc.assert(
    fc.property(fc.constantFrom(...plans), fc.nat(), (plan, seed) => {
      const architecture = pathToArchitecture(plan, uniformPath(plan, Random.named(seed, 'path')));
      const found = pathToArchitecture(plan, findPath(plan, architecture)!);
      expect(canonicalJson(found)).toBe(canonicalJson(architecture));
    }),
  );
});

test('hand-worked: zero between equal blocks moves behind them, the network stays', () => {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  expect(findPath(plan, pathToArchitecture(plan, [0, 6, 1, 2, 3, 6, 4, 5]))).toEqual([0, 1, 6, 2, 3, 6, 4, 5]);
});

test('networks of another place are none of its paths', () => {
  const plan = planSupernet(findSpace('tiny'), { resolution: 32, classes: 10 });
  const path = plan.blocks.map(() => 0);
  const architecture = pathToArchitecture(plan, path);
  expect(findPath({ ...plan, resolution: 64 }, architecture)).toBeNull();
  expect(findPath({ ...plan, classes: 11 }, architecture)).toBeNull();
  const [first, second, ...rest] = architecture.blocks;
  expect(findPath(plan, { ...architecture, blocks: [first!, { ...second!, expansion: 4 }, ...rest] })).toBeNull();
  expect(findPath(plan, { ...architecture, blocks: [...architecture.blocks, rest.at(-1)!] })).toBeNull();
  const without = {
    ...plan,
    blocks: plan.blocks.map((block) => ({ ...block, candidates: [{ op: 'zero' as const }] })),
  };
  expect(findPath(without, architecture)).toBeNull();
});
