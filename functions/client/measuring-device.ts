/** @file A device that measures itself, with a code instead of an API key. */
import type { CreateHardwareInput, HardwareDetail } from '../../shared/contract/api/hardware.ts';
import type { Swapped } from '../../shared/contract/api/measurement-sessions.ts';
import type { AddedMeasurements, AddMeasurementsInput } from '../../shared/contract/api/measurements.ts';
import type { MeasuringPlanInput, ServedPlan } from '../../shared/contract/api/measuring-plan.ts';
import { connect, readJson } from './connection.ts';
import { Hardware } from './hardware.ts';
import { MeasurementSessions } from './measurement-sessions.ts';
import type { CallOptions, FastpathOptions } from './options.ts';

export interface SwapOptions extends Omit<FastpathOptions, 'key'>, CallOptions {
  /** of `measurementSessions.create`; works once */
  code: string;
  /** what this device is */
  hardware: CreateHardwareInput;
}

export class MeasuringDevice {
  private readonly hardware: Hardware;
  private readonly sessions: MeasurementSessions;

  /** @param session keep its `token` to go on in another process: it opens this hardware for two hours */
  constructor(
    options: Omit<FastpathOptions, 'key'>,
    readonly session: Swapped,
  ) {
    const connection = connect({ ...options, key: session.token });
    this.hardware = new Hardware(connection);
    this.sessions = new MeasurementSessions(connection);
  }

  /** Swaps the code, which is used up by that: it is not sent again, and who lost the answer needs a new one. */
  static async swap({ code, hardware, signal, ...options }: SwapOptions): Promise<MeasuringDevice> {
    const { url, askSigned } = connect({ ...options, key: code });
    const headers = { 'content-type': 'application/json' };
    const post = { method: 'POST', headers, body: JSON.stringify({ code, hardware }), signal: signal ?? null };
    const session = (await readJson(await askSigned(`${url}/v1/measurement-sessions/swap`, post))) as Swapped;
    return new MeasuringDevice(options, session);
  }

  /** What to time, and how. */
  plan(request: MeasuringPlanInput = {}, options: CallOptions = {}): Promise<ServedPlan> {
    return this.hardware.plan(request, options);
  }

  /** Adds timed blocks and whole networks; an `item` that is there already is left as it is. */
  upload(measurements: AddMeasurementsInput, options: CallOptions = {}): Promise<AddedMeasurements> {
    return this.hardware.addMeasurements(this.session.hardware, measurements, options);
  }

  /** Waits until the model holds all that was uploaded. @throws FastpathError with the reason where it makes none */
  fitted(options: CallOptions = {}): Promise<HardwareDetail> {
    return this.hardware.fitted(this.session.hardware, options);
  }

  /** The token stops working; what was measured stays. */
  end(options: CallOptions = {}): Promise<void> {
    return this.sessions.end(this.session.sessionId, options);
  }
}
