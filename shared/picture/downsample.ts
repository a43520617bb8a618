/** @file Long histories made short enough to draw. */

/**
 * Splits `items` in order into at most `most` groups of nearly equal size; the last item stands alone, so that the
 * final state of a history is drawn exactly.
 */
export function groupInOrder<T>(items: readonly T[], most: number): T[][] {
  if (items.length <= most) return items.map((item) => [item]);
  const rest = items.length - 1;
  const groups: T[][] = [];
  for (let i = 0; i < most - 1; i++)
    groups.push(items.slice(Math.floor((i * rest) / (most - 1)), Math.floor(((i + 1) * rest) / (most - 1))));
  return [...groups, [items[rest]!]];
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
