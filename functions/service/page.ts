import type { Page } from '../../shared/contract/api/common.ts';

/**
 * A page of rows whose ids sort by age.
 * @param rows newest first, one more than `limit` where there are more
 */
export function pageOf<Row extends { id: string }, Item>(
  rows: readonly Row[],
  limit: number,
  view: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  return { items: shown.map(view), next: rows.length > limit ? shown.at(-1)!.id : null };
}
