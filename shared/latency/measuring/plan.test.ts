import { describe, expect, it } from 'vitest';
import type { SearchSpace } from '../../contract/space.ts';
import { findSpace } from '../../space/built-in.ts';
import { partsOf } from '../part.ts';
import { signatureOf } from '../signature.ts';
import { planMeasuring } from './plan.ts';

const tiny = { space: findSpace('tiny'), resolution: 32, networks: 30 };
const places = (kind: 'short' | 'full', networks: number, seed = 1) =>
  planMeasuring(kind, [{ ...tiny, networks }], seed).contexts[0]!;

describe('a full plan', () => {
  const plan = places('full', 30);
  const known = new Set(plan.parts.map(signatureOf));

  it('has every part of every network, once', () => {
    expect(known.size).toBe(plan.parts.length);
    for (const { architecture } of plan.networks) {
      for (const { part } of partsOf(architecture)) expect(known).toContain(signatureOf(part));
    }
    // 8 choice blocks of 6 blocks each, of which stage 1 has 2 alike and stage 2 has 2 alike; stem, first block, head,
    // and three classifiers.
    expect(plan.parts).toHaveLength(6 * 6 + 6);
    expect(plan.complete).toBe(true);
  });

  it('has ten designed networks and distinct uniform ones', () => {
    expect(plan.networks.filter(({ drawn }) => drawn === 'designed')).toHaveLength(10);
    expect(plan.networks.filter(({ drawn }) => drawn === 'uniform')).toHaveLength(20);
    const keys = plan.networks.map(({ path, architecture }) => `${path} ${architecture.classes}`);
    expect(new Set(keys).size).toBe(30);
  });

  it('is the same for the same seed only', () => {
    expect(places('full', 30)).toEqual(plan);
    expect(places('full', 30, 2)).not.toEqual(plan);
  });

  it('ends where a space has fewer networks than asked for', () => {
    const space: SearchSpace = {
      ...findSpace('tiny'),
      name: 'few',
      stages: [{ width: 16, depth: 1, stride: 2 }],
      candidates: [{ op: 'mbconv', kernel: 3, expansion: 3 }],
    };
    const [few] = planMeasuring('full', [{ space, resolution: 32, networks: 30 }], 1).contexts;
    // One path, three class counts.
    expect(few!.networks).toHaveLength(3);
  });
});

describe('a short plan', () => {
  it('has ten parts, the classifier of few and of many classes, and only designed networks', () => {
    const plan = places('short', 10);
    expect(plan.parts).toHaveLength(12);
    expect(plan.parts.slice(10).map(signatureOf)).toEqual(['classifier-i128-c10', 'classifier-i128-c1000']);
    expect(plan.networks.map(({ drawn }) => drawn)).toEqual(new Array(10).fill('designed'));
    expect(plan.complete).toBe(false);
  });

  it('times blocks of many kinds: its networks and parts meet most candidates', () => {
    const mobile = { space: findSpace('mobile-inverted-residual'), resolution: 224, networks: 10 };
    const [plan] = planMeasuring('short', [mobile], 1).contexts;
    const met = new Set(
      plan!.networks.flatMap(({ architecture }) => partsOf(architecture).map(({ part }) => signatureOf(part))),
    );
    const before = met.size;
    for (const part of plan!.parts) met.add(signatureOf(part));
    // Of 72 parts in the space; ten networks drawn at random meet about as many, but not those that matter most.
    expect(before).toBeGreaterThan(45);
    const paths = plan!.networks.map(({ path }) => path);
    expect(new Set(paths.map(String)).size).toBe(10);
  });
});
