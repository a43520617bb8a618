/** @file From a finished search to the spec that prunes it again under what is known of the hardware now. */
import { architectureId } from '../../shared/architecture/identity.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { type PruneSpec, pruneSpecSchema } from '../../shared/contract/job-spec.ts';
import type { LatencyTable } from '../../shared/contract/latency.ts';
import { measuredArchitecture } from '../../shared/latency/measured-network.ts';
import type { FinishedSearch, Target } from './finished-search.ts';
import { openRegistry } from './hardware-registry.ts';

/**
 * Goes by the models as they are now, and by all timings of this search's networks that the tables hold.
 * @throws FastpathError `latency.unknown-hardware`
 */
export async function pruneSpec(found: FinishedSearch, targets: readonly Target[]): Promise<PruneSpec> {
  const registry = openRegistry();
  const networks = new Map(
    [...found.timings.map(({ architecture }) => architecture), found.architecture].map((each) => {
      return [architectureId(each), each] as const;
    }),
  );
  const constraints: PruneSpec['constraints'] = [];
  const timings: PruneSpec['timings'] = [];
  for (const { hardware, budgetMs } of targets) {
    constraints.push({ model: await registry.findModel(hardware), budgetMs });
    const latencies = latenciesIn(await registry.findTable(hardware));
    for (const [id, architecture] of networks) {
      const latencyUs = latencies.get(id);
      if (latencyUs !== undefined) timings.push({ hardware, architecture, latencyMs: latencyUs / 1000 });
    }
  }
  return pruneSpecSchema.parse({
    format: 'fastpath.prune-spec/1',
    search: found.search,
    constraints,
    timings,
  } satisfies PruneSpec);
}

/** Microseconds by architecture id; of a network in two rows the later one counts. */
function latenciesIn({ networks = [] }: LatencyTable): Map<string, number> {
  return new Map(
    networks.map((row) => [architectureId(measuredArchitecture(row) satisfies Architecture), row.latencyUs]),
  );
}
