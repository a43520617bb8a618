import { expect, it } from 'vitest';
import { newId } from './id.ts';

const at = (iso: string) => ({ now: () => new Date(iso) });

it('is the time in milliseconds, then chance, in base 32', () => {
  const clock = at('2026-11-24T12:34:56.789Z');
  const ids = Array.from({ length: 1000 }, () => newId('srch', clock));
  expect(new Set(ids).size).toBe(1000);
  for (const id of ids) expect(id).toMatch(/^srch_[0-9a-hjkmnp-tv-z]{26}$/);
  const digits = '0123456789abcdefghjkmnpqrstvwxyz';
  const time = [...ids[0]!.slice(5, 15)].reduce((sum, digit) => sum * 32 + digits.indexOf(digit), 0);
  expect(time).toBe(Date.parse('2026-11-24T12:34:56.789Z'));
});

it('sorts by age', () => {
  const times = [
    '1970-01-01T00:00:00.001Z',
    '2026-11-24T00:00:00.000Z',
    '2026-11-24T00:00:00.001Z',
    '2199-01-01T00:00:00Z',
  ];
  const ids = times.map((time) => newId('ord', at(time)));
  expect([...ids].sort()).toEqual(ids);
});
