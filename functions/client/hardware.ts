/** @file `fastpath.hardware`: what latency is known for, predictions without the device, and measurements from it. */
import type { CreateHardwareInput, HardwareDetail, ListedHardware } from '../../shared/contract/api/hardware.ts';
import type { Prediction } from '../../shared/contract/api/latency.ts';
import type {
  AddedMeasurements,
  AddMeasurementsInput,
  KeptMeasurement,
} from '../../shared/contract/api/measurements.ts';
import type { MeasuringPlanInput, ServedPlan } from '../../shared/contract/api/measuring-plan.ts';
import type { LatencyModelData } from '../../shared/contract/latency-model.ts';
import type { LatencyRequest } from '../../shared/contract/latency-request.ts';
import { FastpathError } from '../../shared/errors.ts';
import { answerOf, type Connection, calling, once, readJson, segment } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';
import { itemsOf } from './pages.ts';
import { pause } from './pause.ts';

const lookMs = 1000;

export interface OnnxRequest {
  /** ids */
  hardware: readonly string[];
  /** dimensions of the model's input where it leaves them open, e.g. [1, 3, 224, 224] */
  input?: readonly number[];
  /** also every operator's latency */
  blocks?: boolean;
}

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

  /**
   * How long the network in an ONNX model takes on each hardware. Its weights are not sent: megabytes become kilobytes.
   * @throws FastpathError `onnx.malformed`
   */
  async predictOnnx(model: Uint8Array, request: OnnxRequest, options: CallOptions = {}): Promise<Prediction[]> {
    // Loaded when it is used: most callers never send a model.
    const { stripWeights } = await import('../../shared/onnx/strip-weights.ts');
    const query = new URLSearchParams(request.hardware.map((id): [string, string] => ['hardware', id]));
    if (request.input !== undefined) query.set('input', request.input.join('x'));
    if (request.blocks !== undefined) query.set('blocks', String(request.blocks));
    const headers = { 'content-type': 'application/octet-stream' };
    const post = { method: 'POST', headers, body: stripWeights(model), ...calling(options).init };
    const { url, ask } = this.connection;
    return ((await readJson(await ask(`${url}/v1/latency?${query}`, post))) as { predictions: Prediction[] })
      .predictions;
  }

  /** All public hardware, and your own. */
  async list(options: CallOptions = {}): Promise<ListedHardware[]> {
    return (await answerOf(this.connection.http.v1.hardware.$get({}, calling(options)))).hardware;
  }

  /** And how its latency model stands. */
  get(id: string, options: CallOptions = {}): Promise<HardwareDetail> {
    return answerOf(this.one.$get({ param: { id: segment(id) } }, calling(options)));
  }

  /** All that is needed to predict without asking again. */
  async model(id: string, options: CallOptions = {}): Promise<LatencyModelData> {
    const address = `${this.connection.url}/v1/hardware/${segment(id)}/model`;
    return (await readJson(await this.connection.ask(address, calling(options).init))) as LatencyModelData;
  }

  /** Makes a device of your own known, of which nothing is measured yet. */
  create(hardware: CreateHardwareInput, options: CreateOptions = {}): Promise<HardwareDetail> {
    const { http } = this.connection;
    return answerOf(http.v1.hardware.$post({ json: hardware, header: once(options) }, calling(options)));
  }

  /** What to time on a device, and how: the same for everyone. */
  async plan(request: MeasuringPlanInput = {}, options: CallOptions = {}): Promise<ServedPlan> {
    const { url, ask } = this.connection;
    const query = new URLSearchParams(
      Object.entries(request).map(([name, value]): [string, string] => [name, String(value)]),
    );
    return (await readJson(await ask(`${url}/v1/measuring-plan?${query}`, calling(options).init))) as ServedPlan;
  }

  /** Adds timed blocks and whole networks; an `item` that is there already is left as it is. */
  addMeasurements(
    id: string,
    measurements: AddMeasurementsInput,
    options: CallOptions = {},
  ): Promise<AddedMeasurements> {
    const param = { id: segment(id) };
    return answerOf(this.one.measurements.$post({ param, json: measurements }, calling(options)));
  }

  /** Of your own hardware, as they were sent; newest first. */
  measurements(id: string, options: CallOptions = {}): AsyncGenerator<KeptMeasurement, void> {
    const param = { id: segment(id) };
    return itemsOf((after) => answerOf(this.one.measurements.$get({ param, query: { after } }, calling(options))));
  }

  /**
   * Waits until the model holds all measurements that came in.
   * @throws FastpathError with the reason where they make no model
   */
  async fitted(id: string, options: CallOptions = {}): Promise<HardwareDetail> {
    for (;;) {
      const hardware = await this.get(id, options);
      if (hardware.modelState === 'ready' || hardware.modelState === 'none') return hardware;
      if (hardware.problem !== null) throw new FastpathError(hardware.problem.code, hardware.problem.message);
      await pause(lookMs, options.signal);
    }
  }

  /** Your own, with its measurements, models and sessions. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await this.one.$delete({ param: { id: segment(id) } }, calling(options));
  }

  private get one() {
    return this.connection.http.v1.hardware[':id'];
  }
}
