/** @file A search as the API shows it. */
import type { Search } from '../../../shared/contract/api/searches.ts';
import type { SearchRow } from './deps.ts';

export function searchView(row: SearchRow): Search {
  return {
    id: row.id,
    orderId: row.orderId,
    kind: row.kind,
    state: row.state,
    reason: row.reasonCode === null ? null : { code: row.reasonCode, message: row.reasonMessage ?? '' },
    constraints: row.constraints,
    seed: row.seed,
    maxCostUsd: row.maxCostMicroUsd / 1e6,
    warmStartFrom: row.warmStartFrom,
    architectureId: row.architectureId,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    endedAt: row.endedAt?.toISOString() ?? null,
  };
}
