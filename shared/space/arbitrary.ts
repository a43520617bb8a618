/** @file Random search spaces, plans and paths for property tests (fast-check arbitraries). */
import fc from 'fast-check';
import type { Candidate, SearchSpace } from '../contract/space.ts';
import { Random } from '../random.ts';
import { planSupernet } from './make-plan.ts';
import { uniformPath } from './path.ts';
import type { SupernetPlan } from './plan.ts';

const stride = fc.constantFrom(1 as const, 2 as const);
const kernel = fc.constantFrom(3 as const, 5 as const, 7 as const);
const width = fc.integer({ min: 1, max: 40 });

const mbconv: fc.Arbitrary<Candidate> = fc.record({
  op: fc.constant('mbconv' as const),
  kernel,
  expansion: fc.constantFrom(1, 2, 2.5, 3, 6),
});

const candidates: fc.Arbitrary<Candidate[]> = fc
  .tuple(
    fc.uniqueArray(mbconv, { minLength: 1, maxLength: 4, selector: (candidate) => JSON.stringify(candidate) }),
    fc.boolean(),
  )
  .map(([computing, withZero]) => (withZero ? [...computing, { op: 'zero' }] : computing));

const stage = fc
  .record({ width, depth: fc.integer({ min: 1, max: 3 }), stride, own: fc.option(candidates, { nil: undefined }) })
  .map(({ own, ...rest }) => (own === undefined ? rest : { ...rest, candidates: own }));

export const anySpace: fc.Arbitrary<SearchSpace> = fc.record({
  format: fc.constant('fastpath.space/1' as const),
  name: fc.constant('random'),
  resolution: fc.constant(64),
  stem: fc.record({ kernel: fc.constant(3 as const), stride, channels: width }),
  first: fc.record({ kernel, channels: width }),
  stages: fc.array(stage, { minLength: 1, maxLength: 3 }),
  candidates,
  head: fc.record({ channels: width }),
});

/** Plans at one to three times the smallest resolution that fits. */
export const anyPlan: fc.Arbitrary<SupernetPlan> = fc
  .tuple(anySpace, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 2, max: 20 }))
  .map(([space, times, classes]) => {
    const totalStride = space.stages.reduce<number>((product, own) => product * own.stride, space.stem.stride);
    return planSupernet(space, { resolution: times * totalStride, classes });
  });

export const anyPlanAndPath = fc
  .tuple(anyPlan, fc.nat())
  .map(([plan, seed]) => ({ plan, path: uniformPath(plan, Random.named(seed, 'arbitrary-path')) }));
