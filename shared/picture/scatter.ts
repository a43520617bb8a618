/** @file Networks by what they cost and what they are worth, small enough for a phone. */
import { frontierOf } from '../comparison/frontier.ts';
import { linear, niceTicks, readable, type Scale, tickLabel } from './live/scale.js';
import { escaped, round, svg, text } from './live/svg.js';

export interface ScatterPoint {
  name: string;
  x: number;
  y: number;
  /** `chosen` is drawn filled and named, `found` as a ring, `baseline` as a square */
  kind: 'chosen' | 'found' | 'baseline';
}

/** A place on x that is told apart, such as a budget. */
export interface ScatterMark {
  name: string;
  x: number;
}

const width = 480;
const height = 320;
const plot = { left: 52, right: width - 16, top: 46, bottom: height - 46 };

/** The stepped line joins the points that nothing else beats in both. */
export function scatter(chart: {
  title: string;
  xName: string;
  yName: string;
  points: readonly ScatterPoint[];
  mark: ScatterMark | null;
}): string {
  const { title, xName, yName, points, mark } = chart;
  const xTicks = niceTicks([...points.map((point) => point.x), ...(mark === null ? [] : [mark.x])], 5);
  const yTicks = niceTicks(points.map((point) => point.y));
  const x = linear(xTicks[0]!, xTicks.at(-1)!, plot.left, plot.right);
  const y = linear(yTicks[0]!, yTicks.at(-1)!, plot.bottom, plot.top);
  const said = mark === null ? '' : ` ${mark.name}: ${readable(mark.x)}.`;
  return svg(width, height, title, `${xName} against ${yName}. ${points.map(words).join('; ')}.${said}`, [
    text(0, 15, title, 'text', 'start', 600),
    text(plot.left, 36, yName, 'soft', 'start'),
    ...yTicks.map(
      (tick) =>
        `<line class="line" x1="${plot.left}" x2="${plot.right}" y1="${round(y(tick))}" y2="${round(y(tick))}" stroke-width="0.75"/>${text(plot.left - 6, y(tick) + 4, tickLabel(tick, yTicks), 'soft', 'end')}`,
    ),
    ...xTicks.map((tick) => text(x(tick), plot.bottom + 18, tickLabel(tick, xTicks), 'soft', 'middle')),
    text((plot.left + plot.right) / 2, height - 8, xName, 'soft', 'middle'),
    mark === null ? '' : marked(mark, x),
    frontier(points, x, y),
    ...points.map((point) => drawn(point, x(point.x), y(point.y))),
  ]);
}

const words = ({ name, x, y }: ScatterPoint) => `${name}: ${readable(x)} and ${readable(y)}`;

/** Its name stands where there is more room for it. */
function marked({ name, x: at }: ScatterMark, x: Scale): string {
  const place = x(at);
  const isRight = place > (plot.left + plot.right) / 2;
  return `<line class="accent-line" x1="${round(place)}" x2="${round(place)}" y1="${plot.top}" y2="${plot.bottom}" stroke-width="1.5" stroke-dasharray="5 3"/>${text(place + (isRight ? -5 : 5), plot.bottom - 8, name, 'text', isRight ? 'end' : 'start')}`;
}

function frontier(points: readonly ScatterPoint[], x: Scale, y: Scale): string {
  const best = frontierOf(points.map((point) => ({ cost: point.x, worth: point.y })));
  if (best.length < 2) return '';
  const steps = best.map(({ cost, worth }, i) =>
    i === 0 ? `M${round(x(cost))} ${round(y(worth))}` : `H${round(x(cost))}V${round(y(worth))}`,
  );
  return `<path class="series-0" fill="none" stroke-width="1.5" d="${steps.join('')}"/>`;
}

function drawn(point: ScatterPoint, cx: number, cy: number): string {
  const title = `<title>${escaped(words(point))}</title>`;
  const place = `cx="${round(cx)}" cy="${round(cy)}"`;
  if (point.kind === 'chosen') {
    return `<circle class="k5-2" ${place} r="7">${title}</circle>${text(cx, cy - 12, point.name, 'text', 'middle', 600)}`;
  }
  const ring = 'class="series-0 surface" stroke-width="2"';
  if (point.kind === 'found') return `<circle ${ring} ${place} r="5">${title}</circle>`;
  return `<rect class="series-1 surface" stroke-width="2" x="${round(cx - 4.5)}" y="${round(cy - 4.5)}" width="9" height="9">${title}</rect>`;
}
