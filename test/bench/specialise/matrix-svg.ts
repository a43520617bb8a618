/** @file The matrix as a picture: devices down, networks across, the shade of a cell by how much slower than the fastest. */
import { contentTop, frame, label, margin, shorten } from '../../../shared/picture/frame.ts';
import { el, type Markup } from '../../../shared/picture/markup.ts';
import type { MedianInterval } from '../search-statistics.ts';

export interface MatrixPicture {
  title: string;
  subtitle: string;
  /** down */
  devices: readonly string[];
  /** across: what it is and how accurate */
  networks: readonly { name: string; words: string }[];
  /** [device][network], milliseconds */
  latencies: readonly (readonly MedianInterval[])[];
}

const cellWidth = 210;
const cellHeight = 74;
const nameWidth = 250;
const headHeight = 58;

/** Shades of one hue: the fastest of a row is the lightest. */
const shades = ['k3-0', 'k5-0', 'k7-0'];
/** slower than the fastest by less than so much */
const steps = [1.005, 1.05];

export function matrixSvg({ title, subtitle, devices, networks, latencies }: MatrixPicture): string {
  const width = 2 * margin + nameWidth + networks.length * cellWidth;
  const height = contentTop + headHeight + devices.length * cellHeight + margin;
  const description = `${subtitle}. ${devices
    .map(
      (device, i) =>
        `${device}: ${latencies[i]!.map(({ median }, k) => `${networks[k]!.name} ${median.toPrecision(3)} ms`).join(', ')}`,
    )
    .join('; ')}.`;
  const left = (column: number) => margin + nameWidth + column * cellWidth;
  return frame(
    { width, height, title, subtitle, description },
    networks.map(({ name, words }, i) => [
      label(left(i) + cellWidth / 2, contentTop + 18, shorten(name, 12, cellWidth), {
        size: 12,
        bold: true,
        anchor: 'middle',
      }),
      label(left(i) + cellWidth / 2, contentTop + 36, shorten(words, 11, cellWidth), {
        size: 11,
        soft: true,
        anchor: 'middle',
      }),
    ]),
    devices.map((device, row) => {
      const top = contentTop + headHeight + row * cellHeight;
      const fastest = Math.min(...latencies[row]!.map(({ median }) => median));
      return [
        label(margin, top + cellHeight / 2 + 4, shorten(device, 12, nameWidth - 12), { size: 12, bold: true }),
        ...latencies[row]!.map((latency, i) => cell(latency, fastest, i === row, left(i), top)),
      ];
    }),
  );
}

function cell({ median, low, high }: MedianInterval, fastest: number, own: boolean, x: number, y: number): Markup {
  const ratio = median / fastest;
  const shade = shades[steps.filter((step) => ratio >= step).length]!;
  const middle = x + cellWidth / 2;
  const box = { x: x + 2, y: y + 2, width: cellWidth - 4, height: cellHeight - 4, rx: 6 };
  return el(
    'g',
    {},
    el('title', {}, `${median.toPrecision(4)} ms, 95 % interval ${low.toPrecision(4)} to ${high.toPrecision(4)} ms`),
    el('rect', { ...box, class: shade, opacity: 0.55 }),
    own ? el('rect', { ...box, class: 'accent-line', fill: 'none', 'stroke-width': 2.5 }) : [],
    label(middle, y + 32, `${median.toPrecision(4)} ms`, { size: 15, bold: true, anchor: 'middle' }),
    label(middle, y + 52, ratio < steps[0]! ? 'fastest here' : `${ratio.toFixed(2)} × the fastest`, {
      size: 11,
      anchor: 'middle',
    }),
  );
}
