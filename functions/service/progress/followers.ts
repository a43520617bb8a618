/** @file All searches that somebody follows in this process, each polled once for all. */
import type { SearchState } from '../../../shared/search-state/search-state.ts';
import type { ObjectStore } from '../../../shared/store/object-store.ts';
import { type FollowedEntry, FollowedSearch } from './followed-search.ts';

export interface FollowersOptions {
  store: ObjectStore;
  readState(searchId: string): Promise<SearchState | null>;
  /** between two looks at the store for one search */
  pollMs: number;
  /** how long a log is kept behind its last use */
  keepMs: number;
}

export interface ProgressPage {
  state: SearchState | null;
  entries: FollowedEntry[];
  /** `after` of the next call */
  next: number;
}

export class Followers {
  private readonly searches = new Map<string, { search: FollowedSearch; forget: NodeJS.Timeout | null }>();

  constructor(private readonly options: FollowersOptions) {}

  /** The search, kept until `leave`. Whether the caller may see it is the caller's to check. */
  enter(searchId: string, prefix: string): FollowedSearch {
    const { store, readState, pollMs } = this.options;
    let held = this.searches.get(searchId);
    if (held === undefined) {
      const search = new FollowedSearch({ store, prefix, readState: () => readState(searchId), pollMs });
      held = { search, forget: null };
      this.searches.set(searchId, held);
    }
    if (held.forget !== null) clearTimeout(held.forget);
    held.forget = null;
    held.search.followers++;
    return held.search;
  }

  leave(searchId: string): void {
    const held = this.searches.get(searchId);
    if (held === undefined || --held.search.followers > 0) return;
    held.forget = setTimeout(() => this.searches.delete(searchId), this.options.keepMs);
    held.forget.unref();
  }

  /** Up to `limit` records behind `after`; -1: from the start. */
  async page(searchId: string, prefix: string, after: number, limit: number): Promise<ProgressPage> {
    const search = this.enter(searchId, prefix);
    try {
      await search.refresh();
      const from = search.indexAfter(after);
      const entries = search.entries.slice(from, from + limit);
      return { state: search.state, entries, next: entries.at(-1)?.id ?? after };
    } finally {
      this.leave(searchId);
    }
  }
}
