/** @file Calendar months in UTC: what limits and bills go by. */
import { FastpathError } from '../../shared/errors.ts';

export interface Month {
  /** `2026-11` */
  name: string;
  start: Date;
  /** the first instant that is no longer in it */
  end: Date;
}

export function monthOf(date: Date): Month {
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const start = new Date(Date.UTC(year, month));
  return { name: start.toISOString().slice(0, 7), start, end: new Date(Date.UTC(year, month + 1)) };
}

/** @throws FastpathError `month.invalid` */
export function parseMonth(name: string): Month {
  if (!/^20\d\d-(0[1-9]|1[0-2])$/.test(name)) {
    throw new FastpathError('month.invalid', 'a month is written as 2026-11: year, dash, month');
  }
  return monthOf(new Date(`${name}-01T00:00:00Z`));
}
