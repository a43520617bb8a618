/** @file Linear equations in unknowns that have names, solved by weights that are not negative. */
import { nonNegativeLeastSquares } from '../fit/non-negative.ts';

export interface Equation {
  /** factor of each unknown; those left out have 0 */
  left: ReadonlyMap<string, number>;
  right: number;
}

/** Every unknown that occurs, by name. */
export function solveByName(equations: readonly Equation[]): Map<string, number> {
  const names = [...new Set(equations.flatMap(({ left }) => [...left.keys()]))];
  const columns = new Map(names.map((name, i) => [name, i]));
  const rows = equations.map(({ left }) => {
    const row = new Float64Array(names.length);
    for (const [name, factor] of left) row[columns.get(name)!] = factor;
    return row;
  });
  const solved = nonNegativeLeastSquares({ rows, right: equations.map(({ right }) => right) });
  return new Map(names.map((name, i) => [name, solved[i]!]));
}
