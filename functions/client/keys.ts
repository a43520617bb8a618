/** @file `fastpath.keys`: the tenant's API keys. */
import type { CreatedKey, CreateKey, Key } from '../../shared/contract/api/keys.ts';
import { answerOf, type Connection, calling, once, segment } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';
import { itemsOf } from './pages.ts';

export class Keys {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** Newest first, revoked ones too. */
  list(options: CallOptions = {}): AsyncGenerator<Key, void> {
    const { keys } = this.connection.http.v1;
    return itemsOf((after) => answerOf(keys.$get({ query: { after } }, calling(options))));
  }

  /** Its `secret` is shown this once. */
  create(key: CreateKey, options: CreateOptions = {}): Promise<CreatedKey> {
    return answerOf(this.connection.http.v1.keys.$post({ json: key, header: once(options) }, calling(options)));
  }

  /** At once for all but predictions, which stop within 60 seconds. */
  async revoke(id: string, options: CallOptions = {}): Promise<void> {
    await this.connection.http.v1.keys[':id'].$delete({ param: { id: segment(id) } }, calling(options));
  }
}
