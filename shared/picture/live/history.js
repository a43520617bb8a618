/**
 * @file A history of any length in bounded memory: when it is full, neighbours are averaged in pairs, so that it always
 * spans the whole run at an even grain.
 */

/**
 * @typedef {object} Point
 * @property {number} x of the latest record in it
 * @property {number} records how many it stands for
 * @property {(number | null)[]} values their means; null where no record had one
 */

/**
 * @typedef {object} SavedHistory
 * @property {number} perPoint
 * @property {Point[]} points
 */

export class History {
  /**
   * @param {number} capacity most points, even
   * @param {SavedHistory} [saved] to go on from
   */
  constructor(capacity, saved = { perPoint: 1, points: [] }) {
    this.capacity = capacity;
    /** records that a point stands for once it is whole */
    this.perPoint = saved.perPoint;
    /** @type {Point[]} */
    this.points = saved.points;
  }

  /**
   * @param {number} x not below the one before
   * @param {readonly (number | null)[]} values as many as always
   */
  add(x, values) {
    const last = this.points.at(-1);
    if (last !== undefined && last.records < this.perPoint) {
      this.points[this.points.length - 1] = merged(last, { x, records: 1, values: [...values] });
      return;
    }
    if (this.points.length === this.capacity) this.halve();
    this.points.push({ x, records: 1, values: [...values] });
  }

  /** The means of one value over the points that have one. */
  line(/** @type {number} */ index) {
    /** @type {[number, number][]} */
    const line = [];
    for (const { x, values } of this.points) {
      const value = values[index];
      if (value !== null && value !== undefined) line.push([x, value]);
    }
    return line;
  }

  /** @returns {SavedHistory} rounded to what can be drawn */
  saved() {
    const rounded = this.points.map(({ x, records, values }) => ({
      x,
      records,
      values: values.map((value) => (value === null ? null : Number(value.toPrecision(5)))),
    }));
    return { perPoint: this.perPoint, points: rounded };
  }

  halve() {
    /** @type {Point[]} */
    const pairs = [];
    for (let i = 0; i < this.points.length; i += 2) {
      const [first, second] = [this.points[i], this.points[i + 1]];
      if (first !== undefined) pairs.push(second === undefined ? first : merged(first, second));
    }
    this.points = pairs;
    this.perPoint *= 2;
  }
}

/**
 * @param {Point} first
 * @param {Point} second
 * @returns {Point}
 */
function merged(first, second) {
  const records = first.records + second.records;
  const values = first.values.map((a, i) => {
    const b = second.values[i] ?? null;
    if (a === null || b === null) return a ?? b;
    return (a * first.records + b * second.records) / records;
  });
  return { x: second.x, records, values };
}
