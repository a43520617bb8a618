/** @file For tests of exports: networks on the real images that ship beside the project. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { tensor } from '@tensorflow/tfjs-core';
import type { BatchOptions } from '../../batch/data/batch-maker.ts';
import { createLoader, type Loader } from '../../batch/data/batches.ts';
import { Exporter, type ExportImages, type ExportSource } from '../../batch/export/export-network.ts';
import { dataSetImages } from '../../batch/export/images.ts';
import { preprocessingFor } from '../../batch/export/prepare.ts';
import { unknownFacts } from '../../batch/export/test-network.ts';
import type { ConvNet } from '../../batch/network/conv-net.ts';
import { networkOf } from '../../batch/network/from-architecture.ts';
import { weightStep } from '../../batch/network/weight-step.ts';
import { readWeights } from '../../batch/run/saved-state.ts';
import { stopSignal } from '../../batch/run/stop.ts';
import { recalibrate } from '../../batch/train/evaluate.ts';
import type { Architecture } from '../../shared/contract/architecture.ts';
import type { DataSet } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { findSpace } from '../../shared/space/built-in.ts';
import { planSupernet } from '../../shared/space/make-plan.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';

const dataRoot = resolve(import.meta.dirname, '../..', process.env.FASTPATH_TEST_DATA ?? '../shared/data');

export const checkedImages = 256;

export interface ExportSetting {
  source: ExportSource;
  images: ExportImages;
  exporter: Exporter;
}

/** With every kernel and expansion that the space has. */
function architectureOf(space: string, resolution: number): Architecture {
  const plan = planSupernet(findSpace(space), { resolution, classes: 10 });
  return pathToArchitecture(
    plan,
    plan.blocks.map((_, i) => i % 6),
  );
}

/**
 * A network of a space, trained for so many steps of 64 images, its batch norm recalibrated.
 * @param data name of the data set
 */
export async function exportSetting(
  data: 'cifar10' | 'imagenette224',
  space: string,
  resolution: number,
  cacheDirectory: string,
  steps: number,
): Promise<ExportSetting> {
  const path = join(dataRoot, data);
  if (!existsSync(path)) throw new Error(`${path} is missing: put the data set there or set FASTPATH_TEST_DATA.`);
  const dataSet = await openDataSet(path, { cacheDirectory });
  const images = { dataSet, loader: (options: BatchOptions) => createLoader({ dataSet, ...options }) };
  const architecture = architectureOf(space, resolution);
  const network = networkOf(architecture, { seed: 1 });
  await train(network, loaderOf(dataSet, resolution, 64, true), steps);
  const plain = loaderOf({ ...dataSet, train: dataSet.train.slice(0, 128) } as DataSet, resolution, 32, false);
  await recalibrate(
    network,
    plain,
    stopSignal(() => false),
  );
  await plain.close();
  const exportImages = {
    check: await dataSetImages(images, 'val', resolution, checkedImages),
    calibration: await dataSetImages(images, 'train', resolution, checkedImages),
  };
  const source = {
    architecture,
    network,
    tensors: readWeights(network),
    labels: dataSet.classes,
    preprocessing: preprocessingFor(resolution),
    facts: unknownFacts,
  };
  return { source, images: exportImages, exporter: new Exporter(source, exportImages) };
}

function loaderOf(dataSet: DataSet, resolution: number, batchSize: number, shuffle: boolean): Loader {
  const order = { samples: dataSet.train, batchSize, seed: 1, streamName: 'export-test', shuffle };
  return createLoader({ dataSet, resolution, augment: false, ...order });
}

async function train(network: ConvNet, loader: Loader, steps: number): Promise<void> {
  for (let step = 0; step < steps; step++) {
    const { images, labels } = await loader.get(0, step);
    const x = tensor(images, [labels.length, loader.resolution, loader.resolution, 3]);
    const learningRate = 0.05 * (1 - step / steps);
    weightStep(
      network,
      x,
      labels,
      { labelSmoothing: 0.1, dropout: null },
      { learningRate, weightDecay: 4e-5 },
    ).dispose();
    x.dispose();
  }
  await loader.close();
}
