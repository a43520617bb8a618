/**
 * @file Peak memory at the size of the proof, in a process of its own on WebAssembly, where the backend counts every byte:
 * bench:memory checks the same tracker against the heap.
 */
import { trackPeak } from '../../../batch/backend/memory.ts';
import { selectBackend } from '../../../batch/backend/select.ts';
import type { ConvNet } from '../../../batch/network/conv-net.ts';
import { networkOf } from '../../../batch/network/from-architecture.ts';
import { weightStep } from '../../../batch/network/weight-step.ts';
import { architectureGradient } from '../../../batch/supernet/architecture-step.ts';
import { Supernet } from '../../../batch/supernet/supernet.ts';
import { pathToArchitecture } from '../../../shared/space/path.ts';
import { allPathsNetwork } from '../memory-all-paths.ts';
import { randomBatch } from '../random-batch.ts';
import { plan } from './budget.ts';
import { input, searchBase } from './forms.ts';
import { memoryTaskSchema } from './memory.ts';
import { answerTask } from './task.ts';

await answerTask(memoryTaskSchema, async ({ path }) => {
  await selectBackend('wasm');
  const seed = 1;
  const { images, labels } = randomBatch({ ...input, batch: searchBase.batchSize, seed });
  const supernet = new Supernet(plan, { seed });
  // The dearest partner of each block: the pair that an architecture step can draw at worst.
  const dearest = plan.blocks.map(({ candidates }) =>
    candidates.findIndex((one) => one.op === 'mbconv' && one.kernel === 7 && one.expansion === 6),
  );
  const pairs = path.map((active, i) =>
    active === dearest[i]
      ? {
          pair: [active, active === 0 ? 1 : 0] as [number, number],
          active: 0 as const,
          p: [0.5, 0.5] as [number, number],
        }
      : { pair: [active, dearest[i]!] as [number, number], active: 0 as const, p: [0.5, 0.5] as [number, number] },
  );
  const network = networkOf(pathToArchitecture(plan, path), { seed });
  const plain = weightStepPeak(network);
  return {
    plainBytes: plain,
    weightStepBytes: weightStepPeak(supernet.network(path)),
    architectureStepBytes: peakOf(() => architectureGradient(supernet, { path, pairs }, images, labels)),
    allPathsBytes: weightStepPeak(allPathsNetwork(supernet).network),
  };

  function weightStepPeak(network: ConvNet): number {
    const rates = { learningRate: 0.01, weightDecay: 4e-5 };
    return peakOf(() => weightStep(network, images, labels, { labelSmoothing: 0.1, dropout: null }, rates).read());
  }
});

/** Bytes beyond those alive at the start. */
function peakOf(step: () => unknown): number {
  const { peakBytes, startBytes } = trackPeak(step);
  return peakBytes - startBytes;
}
