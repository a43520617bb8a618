/** @file `fastpath.searches`: how they go, and what they found. */
import type { Progress, Search, SearchDetail } from '../../shared/contract/api/searches.ts';
import type { ProgressRecord } from '../../shared/contract/progress.ts';
import type { SearchState } from '../../shared/search-state/search-state.ts';
import { isType } from './api-error.ts';
import { answerOf, type Connection, calling, segment } from './connection.ts';
import { type FollowOptions, followSearch, type SearchEvent } from './follow.ts';
import type { CallOptions } from './options.ts';
import { itemsOf } from './pages.ts';

export interface ListSearchesOptions extends CallOptions {
  state?: SearchState;
  orderId?: string;
}

const pollMs = 1000;
const quietMs = 40_000;

export class Searches {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** Newest first. */
  list({ state, orderId, ...options }: ListSearchesOptions = {}): AsyncGenerator<Search, void> {
    const { searches } = this.connection.http.v1;
    return itemsOf((after) => answerOf(searches.$get({ query: { after, state, orderId } }, calling(options))));
  }

  /** With its attempts. */
  get(id: string, options: CallOptions = {}): Promise<SearchDetail> {
    return answerOf(this.one.$get({ param: { id: segment(id) } }, calling(options)));
  }

  /**
   * What the search reports, each record once and in order, until it has ended. Broken connections are taken up again.
   * Leaving the loop leaves the search alone.
   */
  async *follow(id: string, options: FollowOptions = {}): AsyncGenerator<ProgressRecord, void> {
    for await (const event of this.events(id, options)) if (event.type === 'record') yield event.record;
  }

  /** The same with changes of state, and with the place to go on from; returns the final state. */
  events(id: string, options: FollowOptions = {}): AsyncGenerator<SearchEvent, SearchState> {
    const address = `${this.connection.url}/v1/searches/${segment(id)}/events`;
    return followSearch(
      {
        stream: async (after, signal) => {
          const headers = { accept: 'text/event-stream', 'last-event-id': String(after) };
          const response = await this.connection.askLong(address, { headers, ...calling({ signal }).init });
          if (response.body !== null && isType(response, 'text/event-stream')) return response.body;
          await response.body?.cancel();
          return null;
        },
        page: (after, signal) => this.progress(id, after, { signal }),
        pollMs,
        quietMs,
      },
      options,
    );
  }

  /** Records behind the one with this id (-1: from the start), and the state. */
  progress(id: string, after = -1, options: CallOptions = {}): Promise<Progress> {
    const query = { after: String(after) };
    return answerOf(this.one.progress.$get({ param: { id: segment(id) }, query }, calling(options)));
  }

  /** Asks its job to end. What was used until then is charged. */
  cancel(id: string, options: CallOptions = {}): Promise<Search> {
    return answerOf(this.one.cancel.$post({ param: { id: segment(id) } }, calling(options)));
  }

  /** With all its files, once it has ended. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.one.$delete({ param: { id: segment(id) } }, calling(options));
  }

  private get one() {
    return this.connection.http.v1.searches[':id'];
  }
}
