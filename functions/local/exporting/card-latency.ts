/** @file The latency on a model card: what the search knew of the network, and what is predicted for other devices. */
import type { Architecture } from '../../../shared/contract/architecture.ts';
import type { Metrics } from '../../../shared/contract/result.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import { openRegistry } from '../hardware-registry.ts';

/**
 * `known` with a prediction for each device by today's model, which takes the place of an earlier one.
 * @throws FastpathError `latency.unknown-hardware`, and as `HardwareRegistry.findModel` does
 */
export async function withPredictions(
  known: Metrics['latency'],
  ids: readonly string[],
  architecture: Architecture,
): Promise<Metrics['latency']> {
  if (ids.length === 0) return known;
  const registry = openRegistry();
  const byId = new Map(known.map((each) => [each.hardware, each]));
  for (const id of ids) {
    const model = new FittedLatencyModel(await registry.findModel(id));
    const { latencyUs, lowUs, highUs, flags } = model.predict(architecture);
    const budgetMs = byId.get(id)?.budgetMs ?? null;
    byId.set(id, {
      ...{ hardware: id, budgetMs, flags },
      ...{ latencyMs: latencyUs / 1000, lowMs: lowUs / 1000, highMs: highUs / 1000 },
    });
  }
  return [...byId.values()];
}
