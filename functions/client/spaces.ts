/** @file `fastpath.spaces`: the search spaces that ship. */
import type { SearchSpace } from '../../shared/contract/space.ts';
import { answerOf, type Connection, calling } from './connection.ts';
import type { CallOptions } from './options.ts';

export class Spaces {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** All of them; an order names one, or brings one of its own in the same form. */
  async list(options: CallOptions = {}): Promise<SearchSpace[]> {
    return (await answerOf(this.connection.http.v1.spaces.$get({}, calling(options)))).spaces;
  }
}
