/** @file What somebody who wrote an id wrong may have meant. */

/** The few of `known` that are nearest to `id` by edits, nearest first; none that shares less than half with it. */
export function nearest(id: string, known: readonly string[], atMost = 3): string[] {
  return known
    .map((candidate) => ({ candidate, edits: editDistance(id.toLowerCase(), candidate) }))
    .filter(({ candidate, edits }) => edits <= Math.max(id.length, candidate.length) / 2)
    .sort((a, b) => a.edits - b.edits)
    .slice(0, atMost)
    .map(({ candidate }) => candidate);
}

/** Fewest insertions, deletions and replacements of one character that turn `a` into `b` (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
