/** @file What is worth its cost. */

/** The points that no other one beats in both cost and worth, cheapest first. */
export function frontierOf<T extends { cost: number; worth: number }>(points: readonly T[]): T[] {
  const byCost = [...points].sort((a, b) => a.cost - b.cost || b.worth - a.worth);
  let best = Number.NEGATIVE_INFINITY;
  return byCost.filter(({ worth }) => {
    const better = worth > best;
    if (better) best = worth;
    return better;
  });
}
