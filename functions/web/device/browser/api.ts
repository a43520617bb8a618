/** @file What the page asks of the service, patient with a connection that is lost for a while. */
import type { CreateHardware, HardwareDetail } from '../../../../shared/contract/api/hardware.ts';
import type { Swapped } from '../../../../shared/contract/api/measurement-sessions.ts';
import type { Measurement } from '../../../../shared/contract/api/measurements.ts';
import type { ServedPlan } from '../../../../shared/contract/api/measuring-plan.ts';
import type { LatencyModelData } from '../../../../shared/contract/latency-model.ts';
import { FastpathError } from '../../../../shared/errors.ts';
import { ApiError } from '../../../client/api-error.ts';
import { patientFetch } from '../../../client/patient-fetch.ts';
import { pause } from '../../../client/pause.ts';

const lookMs = 1000;
const askAgainMs = 3000;
const ask = patientFetch({ fetch: (input, init) => fetch(input, init), retries: 0, timeoutMs: 30_000 });

/** Works once, so it is asked once. @throws ApiError */
export function swapCode(code: string, hardware: CreateHardware): Promise<Swapped> {
  return json('/v1/measurement-sessions/swap', { ...sent({ code, hardware }) });
}

/** What the token of a session is good for. */
export class SessionApi {
  /** @param onLost told whenever the service does not answer; it is asked again, until it does */
  constructor(
    private readonly session: Swapped,
    private readonly onLost: () => void,
  ) {}

  /** @throws ApiError */
  plan(): Promise<ServedPlan> {
    return this.answered('/v1/measuring-plan?plan=short');
  }

  /** All of them or none; what was sent before stays as it is. @throws ApiError */
  async upload(measurements: readonly Measurement[]): Promise<void> {
    await this.answered(`${this.hardwarePath}/measurements`, sent({ measurements }));
  }

  /** Waits until the model holds all that was sent. @throws FastpathError with the reason where it makes none */
  async model(): Promise<LatencyModelData> {
    for (;;) {
      const { modelState, problem } = await this.answered<HardwareDetail>(this.hardwarePath);
      if (modelState === 'failed' && problem !== null) throw new FastpathError(problem.code, problem.message);
      if (modelState === 'ready') return this.answered(`${this.hardwarePath}/model`);
      await pause(lookMs);
    }
  }

  private get hardwarePath(): string {
    return `/v1/hardware/${this.session.hardware}`;
  }

  private async answered<T>(path: string, init: RequestInit = {}): Promise<T> {
    const headers = { ...init.headers, authorization: `Bearer ${this.session.token}` };
    for (;;) {
      try {
        return await json<T>(path, { ...init, headers });
      } catch (error) {
        if (!(error instanceof ApiError) || !error.retry) throw error;
        this.onLost();
        await Promise.race([pause(askAgainMs + error.retryAfterMs), backOnline()]);
      }
    }
  }
}

function backOnline(): Promise<unknown> {
  return new Promise((resolve) => addEventListener('online', resolve, { once: true }));
}

function sent(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function json<T>(path: string, init: RequestInit): Promise<T> {
  return (await (await ask(`${location.origin}${path}`, init)).json()) as T;
}
