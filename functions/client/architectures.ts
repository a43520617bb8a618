/** @file `fastpath.architectures`: the networks that searches found. */
import type { FoundArchitecture } from '../../shared/contract/api/architectures.ts';
import type { ComparisonAnswer, ComparisonInput } from '../../shared/contract/api/comparisons.ts';
import { answerOf, type Connection, calling, segment } from './connection.ts';
import type { CallOptions } from './options.ts';

export class Architectures {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** The network, its metrics, and the names of its files. */
  get(id: string, options: CallOptions = {}): Promise<FoundArchitecture> {
    const { architectures } = this.connection.http.v1;
    return answerOf(architectures[':id'].$get({ param: { id: segment(id) } }, calling(options)));
  }

  /** Side by side: accuracy, latency on each hardware, costs; with baselines, and drawn with `picture: true`. */
  compare(request: ComparisonInput, options: CallOptions = {}): Promise<ComparisonAnswer> {
    const { architectures } = this.connection.http.v1;
    return answerOf(architectures.compare.$post({ json: request }, calling(options)));
  }

  /** The bytes of one of its files, e.g. `weights.safetensors`. */
  async download(id: string, name: string, options: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const address = `${this.connection.url}/v1/architectures/${segment(id)}/files/${segment(name)}`;
    const { body } = await this.connection.askLong(address, calling(options).init);
    // Only an answer that may not have a body has none.
    return body!;
  }
}
