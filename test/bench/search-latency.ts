/** @file Latency of whole networks, measured here as latency tables are: one image, networks in turn. */
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { Runner } from '../../shared/latency/measuring/runner.ts';
import { networkKey } from '../../shared/latency/measuring/schedule.ts';
import { partsOf } from '../../shared/latency/part.ts';
import { median } from '../../shared/latency/statistics.ts';
import { Random } from '../../shared/random.ts';

const visit = { warmUpCalls: 3, visitUs: 1500 };

/**
 * Milliseconds of each, the median over `rounds` visits; every round visits all of them in an order shuffled anew.
 * @param runner closed afterwards
 */
export async function measuredMs(
  architectures: readonly Architecture[],
  rounds: number,
  runner: Runner,
): Promise<number[]> {
  const random = Random.named(0, 'measure');
  const models = architectures.map((architecture, i) => ({ key: networkKey(i), parts: partsOf(architecture) }));
  const samplesUs = new Map(models.map(({ key }) => [key, [] as number[]]));
  await runner.load(models);
  for (let round = 0; round < rounds; round++) {
    for (const { key } of random.shuffle([...models])) samplesUs.get(key)!.push(await runner.visit(key, visit));
  }
  await runner.close();
  return [...samplesUs.values()].map((samples) => median(samples) / 1000);
}
