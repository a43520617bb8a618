/** @file What a search has reported so far, condensed for drawing; each record is read once while somebody looks on. */
import type { ProgressRecord, StepRecord } from '../../../shared/contract/progress.ts';
import { Run } from '../../../shared/picture/live/run.js';
import { searchPrefixOf } from '../../../shared/store/search-keys.ts';
import type { ApiDependencies } from '../../api/dependencies.ts';
import type { FollowedSearch } from '../../service/progress/followed-search.ts';
import type { SearchRow } from '../../service/searches/deps.ts';
import { drawnBlocks, readPlan } from './plan.ts';

type Note = Extract<ProgressRecord, { type: 'note' }>;

export interface SoFar {
  run: Run;
  latest: StepRecord | null;
  /** the last ones, oldest first */
  notes: Note[];
  /** id of the last record in it; -1: none */
  after: number;
}

const mostNotes = 20;

/** As long as the followed search itself is kept. */
const held = new WeakMap<FollowedSearch, SoFar>();

/** @throws what the store throws */
export async function readSoFar(
  { followers, store }: Pick<ApiDependencies, 'followers' | 'store'>,
  { id, tenantId, constraints }: SearchRow,
): Promise<SoFar> {
  const prefix = searchPrefixOf(tenantId, id);
  const followed = followers.enter(id, prefix);
  try {
    await followed.refresh();
    let soFar = held.get(followed);
    if (soFar === undefined) {
      const plan = await readPlan(store, prefix);
      const run = new Run({ hardware: constraints.hardware, blocks: plan === null ? [] : drawnBlocks(plan) });
      soFar = held.get(followed) ?? { run, latest: null, notes: [], after: -1 };
      held.set(followed, soFar);
    }
    for (const entry of followed.entries.slice(followed.indexAfter(soFar.after))) {
      take(soFar, JSON.parse(entry.json));
      soFar.after = entry.id;
    }
    return soFar;
  } finally {
    followers.leave(id);
  }
}

function take(soFar: SoFar, record: ProgressRecord): void {
  if (record.type === 'note') soFar.notes = [...soFar.notes, record].slice(-mostNotes);
  if (record.type !== 'step') return;
  soFar.run.add(record);
  soFar.latest = record;
}
