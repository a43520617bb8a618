import fc from 'fast-check';
import { expect, test } from 'vitest';
import { History } from './history.js';

const values = fc.array(fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true })), { minLength: 1, maxLength: 500 });

test('however long, a history keeps within its capacity, in order, and loses no record', () => {
  fc.assert(
    fc.property(values, (all) => {
      const history = new History(8);
      all.forEach((value, i) => {
        history.add(i, [value]);
      });
      const { points } = history;
      expect(points.length).toBeLessThanOrEqual(8);
      expect(points.reduce((sum, { records }) => sum + records, 0)).toBe(all.length);
      expect(points.at(-1)!.x).toBe(all.length - 1);
      // Each point is the mean of the records that it stands for.
      let from = 0;
      for (const { records, values } of points) {
        const own = all.slice(from, from + records).filter((value) => value !== null);
        from += records;
        if (own.length === 0) expect(values).toEqual([null]);
        else if (own.length === records)
          expect(values[0]).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / records, 6);
        else expect(values[0]).not.toBeNull();
      }
    }),
  );
});

test('one that was saved goes on as if it had never been away', () => {
  fc.assert(
    fc.property(values, fc.nat(400), (all, cut) => {
      const whole = new History(8);
      const first = new History(8);
      all.forEach((value, i) => {
        whole.add(i, [value === null ? null : Math.fround(value) > 0 ? 1 : 0]);
        if (i < cut) first.add(i, [value === null ? null : Math.fround(value) > 0 ? 1 : 0]);
      });
      const second = new History(8, JSON.parse(JSON.stringify(first.saved())));
      all.forEach((value, i) => {
        if (i >= cut) second.add(i, [value === null ? null : Math.fround(value) > 0 ? 1 : 0]);
      });
      const shape = ({ points }: History) => points.map(({ x, records }) => [x, records]);
      expect(shape(second)).toEqual(shape(whole));
    }),
  );
});
