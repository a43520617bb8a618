/** @file `fastpath.webhooks`: addresses that are told of each search's end. */
import type { CreatedWebhook, CreateWebhook, Webhook } from '../../shared/contract/api/webhooks.ts';
import { answerOf, type Connection, calling, once, segment } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';
import { itemsOf } from './pages.ts';

export class Webhooks {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** Newest first. */
  list(options: CallOptions = {}): AsyncGenerator<Webhook, void> {
    const { webhooks } = this.connection.http.v1;
    return itemsOf((after) => answerOf(webhooks.$get({ query: { after } }, calling(options))));
  }

  /** Its `secret`, which signs deliveries, is shown this once. */
  create(webhook: CreateWebhook, options: CreateOptions = {}): Promise<CreatedWebhook> {
    const { webhooks } = this.connection.http.v1;
    return answerOf(webhooks.$post({ json: webhook, header: once(options) }, calling(options)));
  }

  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.connection.http.v1.webhooks[':id'].$delete({ param: { id: segment(id) } }, calling(options));
  }
}
