import { describe, expect, it } from 'vitest';
import { describe as describeArchitecture } from '../architecture/describe.ts';
import { Random } from '../random.ts';
import { builtInSpaces, findSpace } from './built-in.ts';
import { planSupernet } from './make-plan.ts';
import { parseSpace } from './parse.ts';
import { pathToArchitecture, uniformPath } from './path.ts';

/** Multiply-adds averaged over 1,000 seeded uniform paths at the space's own resolution, 10 classes. */
function meanPathMacs(name: string): number {
  const space = findSpace(name);
  const plan = planSupernet(space, { resolution: space.resolution, classes: 10 });
  const random = Random.named(1, 'mean-path');
  let sum = 0;
  for (let i = 0; i < 1000; i++) {
    sum += describeArchitecture(pathToArchitecture(plan, uniformPath(plan, random))).macs;
  }
  return sum / 1000;
}

describe('the built-in spaces', () => {
  it.each(Object.entries(builtInSpaces))('%s is valid data under its own name', (name, space) => {
    expect(space.name).toBe(name);
    expect(parseSpace(JSON.parse(JSON.stringify(space)))).toEqual(space);
  });

  it('cifar: three strided stages, mean path within 5 M multiply-adds', () => {
    const { stem, stages, resolution } = findSpace('cifar');
    expect([resolution, stem.stride, ...stages.map(({ stride }) => stride)]).toEqual([32, 1, 2, 2, 2]);
    expect(meanPathMacs('cifar')).toBeLessThan(5e6);
  });

  it('tiny: mean path within 2 M multiply-adds, depth is searched', () => {
    expect(meanPathMacs('tiny')).toBeLessThan(2e6);
    const { blocks } = planSupernet(findSpace('tiny'), { resolution: 32, classes: 4 });
    expect(blocks).toHaveLength(8);
    expect(blocks.filter(({ shortcut }) => shortcut)).toHaveLength(5);
  });

  it('lists the names where one is unknown', () => {
    expect(() => findSpace('mobile')).toThrow(
      'there is no search space mobile: use one of mobile-inverted-residual, cifar, tiny, or a JSON file',
    );
    expect(() => findSpace('constructor')).toThrow(/no search space/);
  });
});
