import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../shared/random.ts';
import { blur, equalize, mapChannels, mixGrey, stretchContrast, warp } from './image-operations.ts';
import { augmentAtRandom } from './rand-augment.ts';

const side = 9;
function noise(seed: number): Float32Array {
  const random = Random.named(seed, 'noise');
  return Float32Array.from({ length: side * side * 3 }, () => Math.floor(256 * random.uniform()));
}
const identity = { xx: 1, xy: 0, yx: 0, yy: 1, dx: 0, dy: 0 };

describe('operations', () => {
  it('warp by nothing is nothing; by a whole pixel it moves; by a quarter turn it turns', () => {
    const image = noise(1);
    const still = image.slice();
    warp(still, side, identity);
    expect(still).toEqual(image);
    const moved = image.slice();
    warp(moved, side, { ...identity, dx: 1 });
    expect(moved[3 * (4 * side + 2)]).toBeCloseTo(image[3 * (4 * side + 3)]!, 3);
    expect(moved[3 * (4 * side + side - 1)]).toBe(128);
    const turned = image.slice();
    warp(turned, side, { ...identity, xx: 0, xy: -1, yx: 1, yy: 0 });
    expect(turned[3 * (2 * side + 3) + 1]).toBeCloseTo(image[3 * (3 * side + 6) + 1]!, 3);
  });

  it('stretches each channel to the whole range, and leaves a flat one alone', () => {
    const image = Float32Array.from([100, 7, 50, 150, 7, 60, 200, 7, 100, 150, 7, 150]);
    stretchContrast(image);
    expect([...image].map(Math.round)).toEqual([0, 7, 0, 128, 7, 26, 255, 7, 128, 128, 7, 255]);
  });

  it('equalises: equally frequent levels end equally far apart', () => {
    const image = Float32Array.from([10, 5, 0, 11, 5, 0, 12, 5, 0, 200, 5, 9]);
    equalize(image);
    expect([...image].map(Math.round)).toEqual([0, 5, 0, 85, 5, 0, 170, 5, 0, 255, 5, 255]);
  });

  it('greys, sharpens, and clamps', () => {
    const grey = Float32Array.from([255, 0, 0]);
    mixGrey(grey, 0);
    expect(grey[0]).toBeCloseTo(76.245, 2);
    expect(grey[2]).toBeCloseTo(76.245, 2);
    const dot = new Float32Array(27).fill(90);
    dot[12] = 180;
    const soft = dot.slice();
    blur(soft, 3, 1);
    expect(soft[12]).toBeCloseTo(100, 3);
    blur(dot, 3, -0.5);
    expect(dot[12]).toBeCloseTo(220, 3);
    const values = Float32Array.from([-3, 10, 300]);
    mapChannels(values, (v) => v);
    expect([...values]).toEqual([0, 10, 255]);
  });
});

describe('RandAugment', () => {
  it('stays within 0…255, is the same for the same stream, and differs between streams', () => {
    const changed = new Set<string>();
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.integer({ min: 1, max: 4 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, operations, magnitude) => {
          const once = noise(seed);
          const twice = once.slice();
          augmentAtRandom(once, side, { operations, magnitude }, Random.named(seed, 'x'));
          augmentAtRandom(twice, side, { operations, magnitude }, Random.named(seed, 'x'));
          expect(twice).toEqual(once);
          expect(once.every((v) => v >= 0 && v <= 255)).toBe(true);
          changed.add(once.subarray(0, 12).join());
        },
      ),
      { numRuns: 200 },
    );
    expect(changed.size).toBeGreaterThan(50);
  });

  it('goes further with magnitude', () => {
    const distance = (magnitude: number) => {
      let sum = 0;
      for (let seed = 0; seed < 200; seed++) {
        const image = noise(seed);
        const before = image.slice();
        augmentAtRandom(image, side, { operations: 1, magnitude }, Random.named(seed, 'x'));
        sum += image.reduce((total, v, i) => total + Math.abs(v - before[i]!), 0);
      }
      return sum;
    };
    expect(distance(0.9)).toBeGreaterThan(1.5 * distance(0.2));
  });
});
