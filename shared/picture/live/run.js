/** @file A search as it is followed: its records in bounded memory, and the charts and tables of them. */
import { heatMap, lineChart, network } from './charts.js';
import { History } from './history.js';
import { readable } from './scale.js';

/** @typedef {import('./charts.js').DrawnBlock} DrawnBlock */
/** @typedef {import('./charts.js').Line} Line */
/** @typedef {import('./history.js').SavedHistory} SavedHistory */

/**
 * What there is to draw of a search, and what was reported so far.
 * @typedef {object} RunStart
 * @property {readonly { id: string, budgetMs: number }[]} hardware
 * @property {readonly DrawnBlock[]} blocks empty where the choices are not known
 * @property {SavedHistory} [curves]
 * @property {SavedHistory} [paths]
 */

/**
 * What is read of a step record.
 * @typedef {object} Step
 * @property {number} step
 * @property {number} loss
 * @property {number} accuracy
 * @property {number | null} validationLoss
 * @property {number | null} validationAccuracy
 * @property {readonly { expectedMs: number }[]} latency
 * @property {readonly (readonly number[])[]} probabilities
 * @property {number} imagesPerSecond
 */

/**
 * @typedef {object} Table
 * @property {readonly string[]} head
 * @property {readonly (readonly string[])[]} rows
 */

const mostPoints = 240;
const mostColumns = 60;
const tableRows = 12;

export class Run {
  constructor(/** @type {RunStart} */ { hardware, blocks, curves, paths }) {
    this.hardware = hardware;
    this.blocks = blocks;
    this.curves = new History(mostPoints, curves);
    this.paths = new History(mostColumns, paths);
  }

  add(/** @type {Step} */ record) {
    const { step, loss, accuracy, validationLoss, validationAccuracy, imagesPerSecond, latency, probabilities } =
      record;
    const share = (/** @type {number | null} */ value) => (value === null ? null : 100 * value);
    const expected = this.hardware.map((_, i) => latency[i]?.expectedMs ?? null);
    this.curves.add(step, [
      loss,
      validationLoss,
      share(accuracy),
      share(validationAccuracy),
      imagesPerSecond,
      ...expected,
    ]);
    const fits =
      probabilities.length === this.blocks.length &&
      this.blocks.every(({ candidates }, i) => probabilities[i].length === candidates.length);
    if (fits && probabilities.length > 0) this.paths.add(step, probabilities.flat());
  }

  /** @returns {RunStart} */
  saved() {
    const { hardware, blocks } = this;
    return { hardware, blocks, curves: this.curves.saved(), paths: this.paths.saved() };
  }

  /**
   * SVG by the chart's name: `loss`, `accuracy`, `throughput`, one for each device, `network`, one for each block.
   * @param {(name: string) => boolean} [isWanted] all where absent
   */
  charts(isWanted = () => true) {
    /** @type {Record<string, string>} */
    const charts = {};
    for (const { name, ...chart } of this.lineCharts()) if (isWanted(name)) charts[name] = lineChart(chart);
    if (this.blocks.length === 0) return charts;
    const columns = this.paths.points.map(({ values }) => this.byBlock(values));
    if (isWanted('network')) {
      charts.network = network({
        title: 'Most probable network so far',
        blocks: this.blocks,
        probabilities: columns.at(-1) ?? [],
      });
    }
    const [from, to] = [this.paths.points[0]?.x ?? 0, this.paths.points.at(-1)?.x ?? 0];
    this.blocks.forEach(({ name, candidates }, i) => {
      if (!isWanted(`block-${i}`)) return;
      const names = candidates.map((candidate) => candidate.name);
      charts[`block-${i}`] = heatMap({
        ...{ title: name, candidates: names, from, to },
        columns: columns.map((column) => column[i]),
      });
    });
    return charts;
  }

  /** What the charts show, by name; and as `paths` the latest probabilities of all blocks. */
  tables() {
    /** @type {Record<string, Table>} */
    const tables = {};
    for (const { name, lines } of this.lineCharts()) tables[name] = lineTable(lines);
    if (this.blocks.length === 0) return tables;
    const latest = this.paths.points.at(-1);
    const shares = latest === undefined ? [] : this.byBlock(latest.values);
    tables.paths = {
      head: ['Choice block', 'Candidate', 'Probability'],
      rows: this.blocks.flatMap(({ name, candidates }, i) =>
        candidates.map((candidate, k) => [name, candidate.name, shares[i] === undefined ? '–' : percent(shares[i][k])]),
      ),
    };
    const points = someOf(this.paths.points).map(({ x, values }) => ({ x, shares: this.byBlock(values) }));
    this.blocks.forEach(({ candidates }, i) => {
      tables[`block-${i}`] = {
        head: ['Step', 'Candidate', 'Probability'],
        rows: points.flatMap(({ x, shares }) =>
          candidates.map(({ name }, k) => [String(x), name, percent(shares[i][k])]),
        ),
      };
    });
    return tables;
  }

  /** @returns {{ name: string, title: string, lines: Line[], references?: { name: string, value: number }[] }[]} */
  lineCharts() {
    const line = (/** @type {string} */ name, /** @type {number} */ index) => ({
      name,
      points: this.curves.line(index),
    });
    return [
      { name: 'loss', title: 'Loss, nats', lines: [line('training', 0), line('validation', 1)] },
      { name: 'accuracy', title: 'Accuracy, %', lines: [line('training', 2), line('validation', 3)] },
      ...this.hardware.map(({ id, budgetMs }, i) => ({
        name: `latency-${i}`,
        title: `Expected latency on ${id}, ms`,
        lines: [line('expected', 5 + i)],
        references: [{ name: 'budget', value: budgetMs }],
      })),
      { name: 'throughput', title: 'Throughput, images/s', lines: [line('images/s', 4)] },
    ];
  }

  /** Probabilities of each block, of a point's flat list. */
  byBlock(/** @type {readonly (number | null)[]} */ values) {
    let from = 0;
    return this.blocks.map(({ candidates }) => {
      const own = values.slice(from, from + candidates.length).map((value) => value ?? 0);
      from += candidates.length;
      return own;
    });
  }
}

/**
 * Some of the lines' points, the last one among them.
 * @param {readonly Line[]} lines
 * @returns {Table}
 */
function lineTable(lines) {
  const steps = [...new Set(lines.flatMap(({ points }) => points.map(([x]) => x)))].sort((a, b) => a - b);
  const values = lines.map(({ points }) => new Map(points));
  return {
    head: ['Step', ...lines.map(({ name }) => name)],
    rows: someOf(steps).map((step) => [
      String(step),
      ...values.map((line) => {
        const value = line.get(step);
        return value === undefined ? '–' : readable(value);
      }),
    ]),
  };
}

/**
 * As many as a table has rows, at an even distance, the last one among them.
 * @template T
 * @param {readonly T[]} all
 */
function someOf(all) {
  const every = Math.max(1, Math.ceil(all.length / tableRows));
  return all.filter((_, i) => (all.length - 1 - i) % every === 0);
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
