import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Architecture } from '../contract/architecture.ts';
import { anyPlanAndPath } from '../space/arbitrary.ts';
import { pathToArchitecture } from '../space/path.ts';
import { architectureId, canonicalJson } from './identity.ts';

const architecture: Architecture = {
  format: 'fastpath.architecture/1',
  space: 'tiny',
  resolution: 32,
  classes: 4,
  stem: { kernel: 3, stride: 2, channels: 16 },
  blocks: [{ op: 'mbconv', kernel: 3, expansion: 1, stride: 1, in: 16, out: 8, shortcut: false }],
  head: { channels: 64 },
};

/** The same JSON with the keys of every object in another order. */
function reordered(value: unknown, random: () => number): unknown {
  if (Array.isArray(value)) return value.map((item) => reordered(item, random));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => ({ key, inner, rank: random() }));
  entries.sort((a, b) => a.rank - b.rank);
  return Object.fromEntries(entries.map(({ key, inner }) => [key, reordered(inner, random)]));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
}

describe('canonical form and id', () => {
  const canonical =
    '{"blocks":[{"expansion":1,"in":16,"kernel":3,"op":"mbconv","out":8,"shortcut":false,"stride":1}],"classes":4,' +
    '"format":"fastpath.architecture/1","head":{"channels":64},"resolution":32,' +
    '"stem":{"channels":16,"kernel":3,"stride":2}}';

  it('sorts keys and leaves the space out', () => {
    expect(canonicalJson(architecture)).toBe(canonical);
  });

  it('holds every field but the space, as sorting the keys of any JSON would', () => {
    fc.assert(
      fc.property(anyPlanAndPath, fc.double({ min: 1e-9, max: 1e21, noNaN: true }), ({ plan, path }, expansion) => {
        const found = pathToArchitecture(plan, path);
        found.blocks[0] = { ...found.blocks[0]!, expansion };
        const { space: _space, ...network } = found;
        expect(canonicalJson(found)).toBe(JSON.stringify(sorted(network)));
      }),
    );
  });

  it('is the beginning of the SHA-256, as another implementation computes it', () => {
    expect(architectureId(architecture)).toBe(createHash('sha256').update(canonical).digest('hex').slice(0, 16));
  });

  it('does not change with the order of keys or the name of the space', () => {
    fc.assert(
      fc.property(anyPlanAndPath, fc.infiniteStream(fc.double({ noNaN: true })), ({ plan, path }, ranks) => {
        const found = pathToArchitecture(plan, path);
        const other = reordered({ ...found, space: 'elsewhere' }, () => ranks.next().value) as Architecture;
        expect(architectureId(other)).toBe(architectureId(found));
      }),
    );
  });

  it('differs as soon as one choice makes another network', () => {
    fc.assert(
      fc.property(anyPlanAndPath, fc.nat(), fc.nat(), ({ plan, path }, at, choice) => {
        const i = at % plan.blocks.length;
        const changed = path.map((was, n) => (n === i ? choice % plan.blocks[i]!.candidates.length : was));
        const before = pathToArchitecture(plan, path);
        const after = pathToArchitecture(plan, changed);
        const same = changed[i] === path[i];
        expect(architectureId(after) === architectureId(before)).toBe(same);
      }),
    );
  });

  it.each<Partial<Architecture>>([
    { resolution: 64 },
    { classes: 5 },
    { head: { channels: 65 } },
    { stem: { kernel: 3, stride: 1, channels: 16 } },
  ])('differs with %o', (change) => {
    expect(architectureId({ ...architecture, ...change })).not.toBe(architectureId(architecture));
  });
});
