/** @file kill -9 of `fastpath serve` while it answers predictions, and what its next start finds metered. */
import { mkdir } from 'node:fs/promises';
import { usageSchema } from '../../shared/contract/api/usage.ts';
import { builtInModels } from '../../shared/latency/built-in-models.ts';
import { load } from '../bench/open-loop.ts';
import { predictionBody } from '../bench/predict-models.ts';
import { Service } from '../integration/service.ts';

export interface Killed {
  /** requests that were sent, answered or not; each asks for one prediction */
  sent: number;
  answered: number;
  /** by the next start */
  metered: number;
  /** how long before the kill the answers begin that were not metered; 0 where none is missing */
  lostMs: number;
}

/** @param root of a home that no server has used; it is made */
export async function killUnderLoad(
  root: string,
  options: { requestsPerSecond: number; killAfterMs: number },
): Promise<Killed> {
  await mkdir(root, { recursive: true });
  const served = await Service.start(root);
  const hardware = builtInModels[0]!.hardware.id;
  const loading = load({
    port: served.port,
    path: '/v1/latency',
    headers: { authorization: `Bearer ${served.key}` },
    body: predictionBody(hardware),
    connections: 50,
    requestsPerSecond: options.requestsPerSecond,
    seconds: options.killAfterMs / 1e3 + 60,
  });
  await new Promise((resolve) => setTimeout(resolve, options.killAfterMs));
  const killedAtMs = performance.now();
  await served.killed();
  const { sent, answeredAtMs } = await loading;
  const again = await Service.start(root);
  const metered = await readMetered(again);
  await again.killed();
  const firstLost = answeredAtMs[metered];
  const lostMs = firstLost === undefined ? 0 : Math.max(0, killedAtMs - firstLost);
  return { sent, answered: answeredAtMs.length, metered, lostMs };
}

/** Predictions of this month. */
export async function readMetered({ url, key }: Service): Promise<number> {
  const response = await fetch(`${url}/v1/usage`, { headers: { authorization: `Bearer ${key}` } });
  return usageSchema.parse(await response.json()).predictions;
}
