/**
 * @file Small charts as SVG text, narrow enough to be read on a phone at their own size: lines over steps, the path
 * probabilities of a choice block as a heat map, and the network as it sharpens. Colours are the pictures' classes, so
 * that the page's style sheet gives them.
 */
import { linear, niceTicks, readable, stepLabel, tickLabel } from './scale.js';
import { cut, round, svg, text } from './svg.js';

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {readonly (readonly [number, number])[]} points x and y, x ascending
 */

const width = 360;
const height = 220;
const plot = { left: 52, right: width - 8, top: 52, bottom: height - 30 };
/** A second line is told apart without its colour too. */
const dashes = ['', ' stroke-dasharray="7 3"', ' stroke-dasharray="2 3"', ' stroke-dasharray="10 3 2 3"'];

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {readonly Line[]} chart.lines at most four
 * @param {readonly { name: string, value: number }[]} [chart.references] levels to keep to
 */
export function lineChart({ title, lines, references = [] }) {
  const ys = lines.flatMap(({ points }) => points.map(([, y]) => y));
  const yTicks = niceTicks(ys.length === 0 ? [] : [...ys, ...references.map(({ value }) => value)]);
  const ends = lines.flatMap(({ points }) => (points.length === 0 ? [] : [points[0][0], points[points.length - 1][0]]));
  const [first, last] = ends.length === 0 ? [0, 1] : [Math.min(...ends), Math.max(...ends)];
  const x = linear(first, last, plot.left, plot.right);
  const y = linear(yTicks[0], yTicks[yTicks.length - 1], plot.bottom, plot.top);
  const drawn = lines.map(
    ({ points }, i) =>
      `<path class="series-${i}" fill="none" stroke-width="2" stroke-linejoin="round"${dashes[i]} d="${points.map(([px, py], k) => `${k === 0 ? 'M' : 'L'}${round(x(px))} ${round(y(py))}`).join('')}"/>`,
  );
  const levels = references.map(
    ({ value }) =>
      `<line class="accent-line" x1="${plot.left}" x2="${plot.right}" y1="${round(y(value))}" y2="${round(y(value))}" stroke-width="1.5" stroke-dasharray="5 3"/>`,
  );
  const grid = yTicks.map(
    (tick) =>
      `<line class="line" x1="${plot.left}" x2="${plot.right}" y1="${round(y(tick))}" y2="${round(y(tick))}" stroke-width="0.75"/>${text(plot.left - 6, y(tick) + 4, tickLabel(tick, yTicks), 'soft', 'end')}`,
  );
  const axis =
    ends.length === 0
      ? text((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, 'nothing reported yet', 'soft', 'middle')
      : text(plot.left, height - 10, stepLabel(first), 'soft', 'start') +
        text((plot.left + plot.right) / 2, height - 10, 'step', 'soft', 'middle') +
        text(plot.right, height - 10, stepLabel(last), 'soft', 'end');
  return svg(width, height, title, `${title}. ${lines.map(lineWords).concat(references.map(levelWords)).join('; ')}.`, [
    text(0, 15, title, 'text', 'start', 600),
    legend(lines, references),
    ...grid,
    ...levels,
    ...drawn,
    axis,
  ]);
}

/** @param {Line} line */
function lineWords({ name, points }) {
  if (points.length === 0) return `${name}: nothing yet`;
  const [[, from], [step, to]] = [points[0], points[points.length - 1]];
  return `${name}: from ${readable(from)} to ${readable(to)} at step ${step}`;
}

/** @param {{ name: string, value: number }} level */
const levelWords = ({ name, value }) => `${name}: ${readable(value)}`;

/**
 * @param {readonly Line[]} lines
 * @param {readonly { name: string }[]} references
 */
function legend(lines, references) {
  const keys = [
    ...lines.map(({ name }, i) => ({ name, key: `class="series-${i}" stroke-width="2.5"${dashes[i]}` })),
    ...references.map(({ name }) => ({ name, key: 'class="accent-line" stroke-width="2" stroke-dasharray="5 3"' })),
  ];
  const room = width / Math.max(1, keys.length);
  return keys
    .map(({ name, key }, i) => {
      const left = round(i * room);
      return `<line ${key} x1="${left}" x2="${left + 22}" y1="32" y2="32"/>${text(left + 27, 36, cut(name, (room - 30) / 6.5), 'text', 'start')}`;
    })
    .join('');
}

const map = { width: 340, left: 104, right: 300, top: 24, row: 15 };
const levelsOfHeat = 10;

/**
 * @param {object} chart
 * @param {string} chart.title
 * @param {readonly string[]} chart.candidates
 * @param {readonly (readonly number[])[]} chart.columns over time: a probability for each candidate
 * @param {number} chart.from step of the first column
 * @param {number} chart.to and of the last
 */
export function heatMap({ title, candidates, columns, from, to }) {
  const bottom = map.top + candidates.length * map.row;
  const latest = columns[columns.length - 1];
  const top = latest === undefined ? 0 : latest.indexOf(Math.max(...latest));
  const cell = (map.right - map.left) / Math.max(1, columns.length);
  // Cells of one shade are one path: a page of many blocks stays light.
  const shades = Array.from({ length: levelsOfHeat + 1 }, () => '');
  columns.forEach((column, i) => {
    column.forEach((probability, k) => {
      const level = Math.round(Math.min(1, Math.max(0, probability)) * levelsOfHeat);
      shades[level] +=
        `M${round(map.left + i * cell)} ${map.top + k * map.row}h${round(cell + 0.2)}v${map.row - 1}h-${round(cell + 0.2)}z`;
    });
  });
  const heat = shades.map((d, level) =>
    d === '' || level === 0 ? '' : `<path class="heat" fill-opacity="${level / levelsOfHeat}" d="${d}"/>`,
  );
  const rows = candidates.map((name, k) => {
    const y = map.top + k * map.row + 11;
    const share = latest === undefined ? '' : `${Math.round(100 * latest[k])} %`;
    const weight = latest !== undefined && k === top ? 600 : undefined;
    return (
      text(map.left - 6, y, cut(name, 16), weight ? 'text' : 'soft', 'end', weight) +
      text(map.width, y, share, weight ? 'text' : 'soft', 'end', weight)
    );
  });
  const words =
    latest === undefined
      ? 'undecided yet'
      : `steps ${from} to ${to}; now ${candidates.map((name, k) => `${name} ${Math.round(100 * latest[k])} %`).join(', ')}`;
  return svg(map.width, bottom + 20, title, `${title}, path probabilities: ${words}.`, [
    text(0, 14, title, 'text', 'start', 600),
    `<rect class="panel" x="${map.left}" y="${map.top}" width="${map.right - map.left}" height="${bottom - map.top}"/>`,
    ...heat,
    ...rows,
    text(map.left, bottom + 14, stepLabel(from), 'soft', 'start'),
    text(map.right, bottom + 14, stepLabel(to), 'soft', 'end'),
  ]);
}

/**
 * @typedef {object} DrawnBlock
 * @property {string} name
 * @property {readonly { name: string, colour: string, kernel: number, expansion: number }[]} candidates kernel 0: skipped
 */

const slot = { width: 45, height: 106, across: 8, centre: 44 };

/**
 * The most probable candidate of each choice block: kernel as width and colour, expansion as height, and as strong as
 * its probability.
 * @param {object} chart
 * @param {string} chart.title
 * @param {readonly DrawnBlock[]} chart.blocks
 * @param {readonly (readonly number[])[]} chart.probabilities per block; empty before the first
 */
export function network({ title, blocks, probabilities }) {
  const tallest = Math.max(1, ...blocks.flatMap(({ candidates }) => candidates.map(({ expansion }) => expansion)));
  const rows = Math.ceil(blocks.length / slot.across);
  /** @type {string[]} */
  const words = [];
  const cells = blocks.map((block, i) => {
    const shares = probabilities[i] ?? block.candidates.map(() => 1 / block.candidates.length);
    const best = shares.indexOf(Math.max(...shares));
    const candidate = block.candidates[best];
    const share = shares[best];
    const x = (i % slot.across) * slot.width + slot.width / 2;
    const y = 28 + Math.floor(i / slot.across) * slot.height;
    const wide = candidate.kernel === 0 ? 14 : 6 + candidate.kernel * 4;
    const high = candidate.kernel === 0 ? 14 : 14 + (52 * candidate.expansion) / tallest;
    const place = `x="${round(x - wide / 2)}" y="${round(y + slot.centre - high / 2 - 8)}" width="${wide}" height="${round(high)}" rx="3"`;
    words.push(`${block.name}: ${candidate.name} at ${Math.round(100 * share)} %`);
    const shape =
      candidate.kernel === 0
        ? `<rect class="soft-line" fill="none" stroke-width="1.5" stroke-dasharray="4 3" ${place}/>`
        : `<rect class="soft-line" fill="none" stroke-width="1" ${place}/><rect class="${candidate.colour}" fill-opacity="${round(share)}" ${place}/>`;
    const caption = candidate.kernel === 0 ? 'skip' : `k${candidate.kernel} e${readable(candidate.expansion)}`;
    return `${shape}${text(x, y + 86, caption, 'text', 'middle')}${text(x, y + 99, `${Math.round(100 * share)} %`, 'soft', 'middle')}`;
  });
  return svg(width, 34 + rows * slot.height, title, `${title}. ${words.join('; ')}.`, [
    text(0, 15, title, 'text', 'start', 600),
    ...cells,
  ]);
}
