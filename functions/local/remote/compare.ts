/** @file `fastpath compare --api`: with a service's hardware, and with networks that searches there found. */
import { access } from 'node:fs/promises';
import type { ComparedNetwork } from '../../../shared/comparison/compare.ts';
import { foundAccuracy } from '../../../shared/comparison/found-accuracy.ts';
import { architectureIdSchema } from '../../../shared/contract/api/architectures.ts';
import { FittedLatencyModel } from '../../../shared/latency/fitted-model.ts';
import type { Fastpath } from '../../client/index.ts';
import { type CompareFlags, readNetwork, tellComparison } from '../comparisons.ts';
import type { Console } from '../console.ts';
import { type ApiFlags, connectTo } from './connect.ts';

/**
 * The service's models come here, so that networks which lie here keep their names and accuracies.
 * @param paths also ids of networks at the service
 * @throws FastpathError with the line to show
 */
export async function compareThere(
  paths: readonly string[],
  flags: CompareFlags & ApiFlags,
  console: Console,
): Promise<void> {
  const fastpath = await connectTo(flags);
  const networks = await Promise.all(paths.map((path) => findNetwork(fastpath, path)));
  const models = await Promise.all([...new Set(flags.hardware)].map((id) => fastpath.hardware.model(id)));
  await tellComparison(
    networks,
    models.map((data) => new FittedLatencyModel(data)),
    flags,
    console,
  );
}

async function findNetwork(fastpath: Fastpath, path: string): Promise<ComparedNetwork> {
  const isHere = await access(path).then(
    () => true,
    () => false,
  );
  if (isHere || !architectureIdSchema.safeParse(path).success) return readNetwork(path);
  const { id, architecture, role, metrics } = await fastpath.architectures.get(path);
  return { name: id, architecture, accuracy: foundAccuracy(role, metrics), baseline: false };
}
