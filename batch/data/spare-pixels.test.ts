import { expect, it } from 'vitest';
import { SparePixels } from './spare-pixels.ts';

it('gives again what came back, once, and nothing else', () => {
  const spare = new SparePixels(12);
  const [one, other] = [spare.take(), spare.take()];
  expect(one).not.toBe(other);
  expect(one.length).toBe(12);
  spare.give(one);
  spare.give(one);
  spare.give(new Uint8Array(12));
  const again = spare.take();
  expect(again).toBe(one);
  const next = spare.take();
  expect([one, other]).not.toContain(next);
  spare.give(again);
  expect(spare.take()).toBe(one);
});
