/**
 * @file `fastpath/client`: the client of the API. Web-standard APIs only, so that it runs in Node, in browsers and at the
 * edge; what needs files lies in `fastpath/client/node`.
 */
import type { Health } from '../../shared/contract/api/health.ts';
import type { Prediction } from '../../shared/contract/api/latency.ts';
import type { LatencyRequest } from '../../shared/contract/latency-request.ts';
import { Architectures } from './architectures.ts';
import { type Connection, connect } from './connection.ts';
import { DataSets } from './data-sets.ts';
import { Hardware, type OnnxRequest } from './hardware.ts';
import { askHealth } from './health.ts';
import { Keys } from './keys.ts';
import { MeasurementSessions } from './measurement-sessions.ts';
import type { CallOptions, FastpathOptions } from './options.ts';
import { Orders } from './orders.ts';
import { Searches } from './searches.ts';
import { Spaces } from './spaces.ts';
import { CreditOfTenant, UsageOfMonths } from './usage.ts';
import { Webhooks } from './webhooks.ts';

export type { Architecture } from '../../shared/contract/architecture.ts';
export { FastpathError } from '../../shared/errors.ts';
export { ApiError } from './api-error.ts';
export type { UploadFile, UploadOptions } from './data-sets.ts';
export type { FollowOptions, SearchEvent } from './follow.ts';
export type { OnnxRequest } from './hardware.ts';
export { MeasuringDevice, type SwapOptions } from './measuring-device.ts';
export type { CallOptions, CreateOptions, FastpathOptions } from './options.ts';

/** All methods throw `ApiError` where the API refuses or cannot be reached, once trying again has not helped. */
export class Fastpath {
  readonly dataSets: DataSets;
  readonly orders: Orders;
  readonly searches: Searches;
  readonly architectures: Architectures;
  readonly hardware: Hardware;
  readonly measurementSessions: MeasurementSessions;
  readonly spaces: Spaces;
  readonly usage: UsageOfMonths;
  readonly credit: CreditOfTenant;
  readonly keys: Keys;
  readonly webhooks: Webhooks;

  private readonly connection: Connection;

  /** Asks nothing yet. @throws FastpathError `client.url`, `client.key` */
  constructor(options: FastpathOptions) {
    const connection = connect(options);
    this.connection = connection;
    this.dataSets = new DataSets(connection);
    this.orders = new Orders(connection);
    this.searches = new Searches(connection);
    this.architectures = new Architectures(connection);
    this.hardware = new Hardware(connection);
    this.measurementSessions = new MeasurementSessions(connection);
    this.spaces = new Spaces(connection);
    this.usage = new UsageOfMonths(connection);
    this.credit = new CreditOfTenant(connection);
    this.keys = new Keys(connection);
    this.webhooks = new Webhooks(connection);
  }

  /** How long architectures take on hardware: under each architecture, in the order given, all hardware. */
  predict(request: LatencyRequest, options: CallOptions = {}): Promise<Prediction[]> {
    return this.hardware.predict(request, options);
  }

  /** Which parts of the service answer; also where one is down, which is no error here. */
  health(options: CallOptions = {}): Promise<Health> {
    return askHealth(this.connection, options);
  }

  /** How long the network in an ONNX model takes on each hardware; its weights are not sent. */
  predictOnnx(model: Uint8Array, request: OnnxRequest, options: CallOptions = {}): Promise<Prediction[]> {
    return this.hardware.predictOnnx(model, request, options);
  }
}
