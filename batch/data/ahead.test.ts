/** @file Work begun ahead is begun once, and an end waits for all of it. */
import { expect, test } from 'vitest';
import { Ahead } from './ahead.ts';

test('each position is begun once, and taken results are forgotten', async () => {
  const begun: number[] = [];
  const ahead = new Ahead(async (position) => {
    begun.push(position);
    return position * 10;
  });
  expect(await ahead.take(1, [2, 3])).toBe(10);
  expect(await ahead.take(2, [3, 4])).toBe(20);
  expect(await ahead.take(1, [])).toBe(10);
  expect(begun).toEqual([1, 2, 3, 4, 1]);
});

test('close waits for what was dropped, and a failure ahead is no unhandled one', async () => {
  const finish = new Map<number, () => void>();
  let running = 0;
  const ahead = new Ahead(async (position) => {
    running++;
    if (position > 0) await new Promise<void>((resolve) => finish.set(position, resolve));
    running--;
    if (position === 200) throw new Error('nobody asked for it');
    return position;
  });
  await ahead.take(0, [200, 300]);
  await ahead.take(0, []);
  let closed = false;
  const closing = ahead.close().then(() => {
    closed = true;
  });
  finish.get(200)!();
  await new Promise(setImmediate);
  expect([running, closed]).toEqual([1, false]);
  finish.get(300)!();
  await closing;
  expect(running).toBe(0);
});
