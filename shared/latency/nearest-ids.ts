/** @file Which known ids a mistyped one may have meant. */
import { FastpathError } from '../errors.ts';

/** At most `limit` of the known ids, the most similar first: by edit distance, then in alphabetical order. */
export function nearestIds(id: string, known: readonly string[], limit = 3): string[] {
  return known
    .map((each) => ({ each, distance: editDistance(id, each) }))
    .sort((a, b) => a.distance - b.distance || (a.each < b.each ? -1 : 1))
    .slice(0, limit)
    .map(({ each }) => each);
}

/**
 * The error for an id of hardware that nothing is known about.
 * @param listing what lists all there are
 */
export function unknownHardware(id: string, known: readonly string[], listing = 'fastpath hardware'): FastpathError {
  const nearest = nearestIds(id, known).join(', ');
  const message = `no latency is known for hardware ${id}: use one of ${nearest} (${listing} lists all there are)`;
  return new FastpathError('latency.unknown-hardware', message);
}

/** Fewest insertions, deletions and replacements of single characters that turn `a` into `b` (Levenshtein 1966). */
export function editDistance(a: string, b: string): number {
  // row[j]: distance between the part of `a` seen so far and the first j characters of `b`
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
