/** @file Scores the weights that a search left, with nothing of the search: the images, the file and the network. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { selectBackend } from '../../batch/backend/select.ts';
import { createLoader } from '../../batch/data/batches.ts';
import { networkOf } from '../../batch/network/from-architecture.ts';
import { loadWeights } from '../../batch/run/saved-state.ts';
import { stopSignal } from '../../batch/run/stop.ts';
import { evaluate } from '../../batch/train/evaluate.ts';
import { describe } from '../../shared/architecture/describe.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { decodeSafetensors } from '../../shared/weights/safetensors.ts';

/** Loss and accuracy of the weights in `folder`, worked out on the held-out images of `data`. */
export async function scoreWeights(folder: string, architecture: Architecture, data: string, cacheDirectory: string) {
  await selectBackend('wasm');
  const dataSet = await openDataSet(data, { cacheDirectory });
  const { tensors, metadata } = decodeSafetensors(await readFile(join(folder, 'weights.safetensors')));
  expect(metadata.architectureId).toBe(describe(architecture).id);
  const network = networkOf(architecture, { seed: 99 });
  expect([...tensors.keys()].sort()).toEqual(
    [...network.parameters, ...network.statistics].map(({ name }) => name).sort(),
  );
  loadWeights(network, tensors);
  const loader = createLoader({
    dataSet,
    samples: dataSet.val,
    resolution: architecture.resolution,
    batchSize: 16,
    seed: 0,
    augment: false,
    shuffle: false,
    streamName: 'again',
  });
  const evaluation = await evaluate(
    network,
    loader,
    'test',
    stopSignal(() => false),
  );
  await loader.close();
  return evaluation;
}
