import { expect, test } from 'vitest';
import type { Sitting } from '../../../shared/latency/measuring/schedule.ts';
import { MeasuringProgress } from './progress.ts';

/** Ten visits of a model without layers: all take equally long. */
const schedule: Sitting[] = [
  { models: [{ key: 'call', parts: [] }], rounds: Array.from({ length: 10 }, () => ['call']) },
];

function progressOn(isTTY: boolean, json: boolean, from = 0) {
  const said = { out: '', err: '' };
  let nowMs = 0;
  const stream = (name: 'out' | 'err') => ({
    isTTY,
    columns: 100,
    write: (text: string) => {
      said[name] += text;
    },
  });
  const progress = new MeasuringProgress(schedule, from, { out: stream('out'), err: stream('err') }, json, () => nowMs);
  /** `done` visits, each a second */
  const show = (done: number) => {
    nowMs = (done - from) * 1000;
    progress.show(done);
  };
  return { said, show, clear: () => progress.clear() };
}

test('a terminal gets a bar with the time left, which goes away at the end', () => {
  const { said, show, clear } = progressOn(true, false);
  show(4);
  expect(said.err).toContain('[########------------] 4 of 10 visits, 6 s left');
  clear();
  expect(said.err.endsWith('\r\x1b[K')).toBe(true);
  expect(said.out).toBe('');
});

test('time left counts only what this run did', () => {
  const { said, show } = progressOn(true, false, 5);
  show(5);
  expect(said.err).toContain('5 of 10 visits, time left not known yet');
  show(7);
  expect(said.err).toContain('7 of 10 visits, 3 s left');
});

test('programs get JSON lines, everyone else nothing', () => {
  const programs = progressOn(false, true);
  programs.show(4);
  expect(JSON.parse(programs.said.out)).toEqual({ type: 'progress', done: 4, visits: 10, secondsLeft: 6 });
  const quiet = progressOn(false, false);
  quiet.show(4);
  quiet.clear();
  expect(quiet.said).toEqual({ out: '', err: '' });
});
