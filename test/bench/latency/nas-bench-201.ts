/**
 * @file Cells of NAS-Bench-201 (Dong and Yang, ICLR 2020): six edges between four nodes, (0>1)(0>2)(1>2)(0>3)(1>3)(2>3);
 * operations 0 none, 1 skip, 2 1×1 convolution, 3 3×3 convolution, 4 pooling. Some runtimes run every operation, others
 * drop those whose result never reaches the output: both are counted.
 */
import type { Description } from './encode.ts';

const edges = [
  [0, 1],
  [0, 2],
  [1, 2],
  [0, 3],
  [1, 3],
  [2, 3],
] as const;
const operations = [1, 2, 3, 4];

/** Null for cells without a path from input to output. */
export function nasBench201(architecture: string): Description | null {
  const all = [...architecture].map(Number);
  const reached = [true, false, false, false];
  for (const [i, [from, to]] of edges.entries()) if (all[i] !== 0 && reached[from]) reached[to] = true;
  if (!reached[3]) return null;
  const needed = [false, false, false, true];
  for (const [i, [from, to]] of [...edges.entries()].reverse()) if (all[i] !== 0 && needed[to]) needed[from] = true;
  const kept = all.map((operation, i) => (needed[edges[i]![1]] ? operation : 0));
  const counts = (cell: readonly number[]) => operations.map((one) => cell.filter((other) => other === one).length);
  return {
    physical: [...counts(all), ...counts(kept)],
    work: counts(all),
    blocks: [all, kept].flatMap((cell) => cell.flatMap((other) => operations.map((one) => (one === other ? 1 : 0)))),
  };
}
