/** @file `fastpath.measurementSessions`: codes with which devices measure themselves. */
import type { CreatedSession, MeasurementSession } from '../../shared/contract/api/measurement-sessions.ts';
import { answerOf, type Connection, calling, once, segment } from './connection.ts';
import type { CallOptions, CreateOptions } from './options.ts';

export class MeasurementSessions {
  /** @internal */
  constructor(private readonly connection: Connection) {}

  /** Its `code`, shown this once, is for `MeasuringDevice.swap` on the device, within 15 minutes. */
  create(options: CreateOptions = {}): Promise<CreatedSession> {
    return answerOf(this.all.$post({ header: once(options) }, calling(options)));
  }

  get(id: string, options: CallOptions = {}): Promise<MeasurementSession> {
    return answerOf(this.all[':id'].$get({ param: { id: segment(id) } }, calling(options)));
  }

  /** Its code and token stop working at once; what it measured stays. */
  async end(id: string, options: CallOptions = {}): Promise<void> {
    await this.all[':id'].$delete({ param: { id: segment(id) } }, calling(options));
  }

  private get all() {
    return this.connection.http.v1['measurement-sessions'];
  }
}
