/** @file `fastpath.hardware`: what latency is known for, and predictions without the device. */
import type { ListedHardware } from '../../shared/contract/api/hardware.ts';
import type { Prediction } from '../../shared/contract/api/latency.ts';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import type { LatencyRequest } from '../../shared/contract/latency-request.ts';
import { type Connection, calling, readJson, segment } from './connection.ts';
import type { CallOptions } from './options.ts';

export class Hardware {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** How long architectures take: under each of them, in the order given, all hardware. */
  async predict(request: LatencyRequest, options: CallOptions = {}): Promise<Prediction[]> {
    const { url, ask } = this.connection;
    const headers = { 'content-type': 'application/json' };
    const post = { method: 'POST', headers, body: JSON.stringify(request), ...calling(options).init };
    return ((await readJson(await ask(`${url}/v1/latency`, post))) as { predictions: Prediction[] }).predictions;
  }

  /** All public hardware, and your own. */
  async list(options: CallOptions = {}): Promise<ListedHardware[]> {
    const response = await this.connection.ask(`${this.connection.url}/v1/hardware`, calling(options).init);
    return ((await readJson(response)) as { hardware: ListedHardware[] }).hardware;
  }

  /** All that is needed to predict without asking again. */
  async model(id: string, options: CallOptions = {}): Promise<LatencyModelData> {
    const address = `${this.connection.url}/v1/hardware/${segment(id)}/model`;
    return (await readJson(await this.connection.ask(address, calling(options).init))) as LatencyModelData;
  }
}
