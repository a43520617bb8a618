/** @file A bar for each of a few things, small enough for a phone. */
import { linear, niceTicks, readable, tickLabel } from './live/scale.js';
import { cut, round, svg, text } from './live/svg.js';

export interface Bar {
  name: string;
  value: number;
}

const width = 480;
const height = 220;
const plot = { left: 52, right: width - 4, top: 40, bottom: height - 28 };

/** Upright bars in order, e.g. of days; the first, the middle and the last are named below. */
export function columns({ title, bars }: { title: string; bars: readonly Bar[] }): string {
  const ticks = niceTicks([0, ...bars.map(({ value }) => value)]);
  const y = linear(ticks[0]!, ticks.at(-1)!, plot.bottom, plot.top);
  const step = (plot.right - plot.left) / Math.max(1, bars.length);
  const named = new Set([0, Math.floor((bars.length - 1) / 2), bars.length - 1]);
  const words = bars.filter(({ value }) => value > 0).map(({ name, value }) => `${name}: ${readable(value)}`);
  return svg(width, height, title, `${title}. ${words.length === 0 ? 'All are zero' : words.join('; ')}.`, [
    text(0, 15, title, 'text', 'start', 600),
    ...ticks.map(
      (tick) =>
        `<line class="line" x1="${plot.left}" x2="${plot.right}" y1="${round(y(tick))}" y2="${round(y(tick))}" stroke-width="0.75"/>${text(plot.left - 6, y(tick) + 4, tickLabel(tick, ticks), 'soft', 'end')}`,
    ),
    ...bars.map(({ value }, i) => {
      const x = plot.left + i * step;
      const bar = `<rect class="heat" x="${round(x + step * 0.1)}" y="${round(y(value))}" width="${round(step * 0.8)}" height="${round(plot.bottom - y(value))}"/>`;
      return value > 0 ? bar : '';
    }),
    ...bars.map(({ name }, i) =>
      named.has(i) ? text(plot.left + (i + 0.5) * step, height - 8, name, 'soft', 'middle') : '',
    ),
  ]);
}

const row = { height: 20, left: 170, right: width - 70, top: 30 };

/** Lying bars, one below the other, with their values. @param unit behind each value */
export function rows({ title, bars, unit }: { title: string; bars: readonly Bar[]; unit: string }): string {
  const most = Math.max(0, ...bars.map(({ value }) => value));
  const x = linear(0, most, 0, row.right - row.left);
  const words = bars.map(({ name, value }) => `${name}: ${readable(value)} ${unit}`);
  return svg(width, row.top + bars.length * row.height + 6, title, `${title}. ${words.join('; ')}.`, [
    text(0, 15, title, 'text', 'start', 600),
    ...bars.flatMap(({ name, value }, i) => {
      const y = row.top + i * row.height;
      const length = most === 0 ? 0 : x(value);
      return [
        text(row.left - 8, y + 13, cut(name, 19), 'text', 'end'),
        `<rect class="heat" x="${row.left}" y="${y + 2}" width="${round(length)}" height="${row.height - 5}"/>`,
        text(row.left + length + 6, y + 13, `${readable(value)} ${unit}`, 'soft', 'start'),
      ];
    }),
  ]);
}
