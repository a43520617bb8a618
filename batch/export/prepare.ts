/** @file From a request to what is exported: weights that fit, labels that match, images that are there. */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { architectureId } from '../../shared/architecture/identity.ts';
import type { ExportRequest, Preprocessing } from '../../shared/contract/export.ts';
import type { ExportFormat } from '../../shared/contract/export-format.ts';
import type { DataSet } from '../../shared/data/data-set.ts';
import { openDataSet } from '../../shared/data/open-data.ts';
import { FastpathError } from '../../shared/errors.ts';
import { decodeSafetensors } from '../../shared/weights/safetensors.ts';
import { centreShare, thumbnailSide } from '../data/augment.ts';
import type { BatchOptions } from '../data/batch-maker.ts';
import { createLoader } from '../data/batches.ts';
import { channelDeviation, channelMean } from '../data/normalise.ts';
import { networkOf } from '../network/from-architecture.ts';
import { loadOwnWeights } from '../run/saved-state.ts';
import type { ExportImages, ExportSource } from './export-network.ts';
import { dataSetImages, type ImageSource, noiseImages } from './images.ts';

/** What validation does to an image. */
export function preprocessingFor(resolution: number): Preprocessing {
  return {
    colour: 'RGB',
    resolution,
    cropShare: centreShare.photograph,
    smallCropShare: centreShare.thumbnail,
    smallSide: thumbnailSide,
    mean: [...channelMean],
    std: [...channelDeviation],
  };
}

/**
 * The backend must have been chosen.
 * @param note takes what is worth knowing
 * @throws FastpathError `weights.…`, `export.labels`, `export.classes`, `data.…`
 */
export async function prepareExport(
  request: ExportRequest,
  cacheDirectory: string | null,
  note: (message: string) => void,
): Promise<{ source: ExportSource; images: ExportImages }> {
  const { architecture, metrics, spec, cost, trainedResolution, latency } = request;
  const { tensors, metadata } = decodeSafetensors(await readFile(request.weights));
  const network = networkOf(architecture, { seed: 0 });
  loadOwnWeights(network, tensors);
  const id = architectureId(architecture);
  if (metadata.architectureId !== undefined && metadata.architectureId !== id) {
    note(`the weights say that they are of network ${metadata.architectureId}, and this is ${id}: their shapes fit it`);
  }
  const trained = request.labels ?? storedLabels(metadata.labels);
  for (const labels of [trained, request.givenLabels]) checkLabels(labels, architecture.classes);
  const dataSet = await readable(request, trained, cacheDirectory, note);
  const labels = request.givenLabels ?? trained ?? dataSet?.classes ?? null;
  const preprocessing = preprocessingFor(architecture.resolution);
  const facts = { metrics, spec, cost, trainedResolution, latency };
  const source = { architecture, network, tensors, labels, preprocessing, facts };
  const { images: wanted, forms } = request;
  const { resolution } = architecture;
  if (dataSet === null) return { source, images: { check: noiseImages(resolution, wanted), calibration: null } };
  const loader = (options: BatchOptions) => createLoader({ dataSet, ...options });
  const formats = forms.map(({ format }) => format);
  return { source, images: await exportImages({ dataSet, loader }, resolution, wanted, formats) };
}

function storedLabels(json: string | undefined): string[] | null {
  if (json === undefined) return null;
  try {
    return z.array(z.string()).parse(JSON.parse(json));
  } catch (cause) {
    throw new FastpathError('weights.invalid', 'the labels in the weights file are no list of names', { cause });
  }
}

function checkLabels(labels: readonly string[] | null, classes: number): void {
  if (labels === null || labels.length === classes) return;
  throw new FastpathError(
    'export.labels',
    `there are ${labels.length} labels and the network has ${classes} classes: give one label for each`,
  );
}

/** The data set, or null where there is none and noise has to do. */
async function readable(
  { data, architecture }: ExportRequest,
  labels: readonly string[] | null,
  cacheDirectory: string | null,
  note: (message: string) => void,
): Promise<DataSet | null> {
  if (data === null) return null;
  try {
    const dataSet = await openDataSet(data.uri, { cacheDirectory });
    const { classes } = dataSet;
    if (classes.length !== architecture.classes) {
      const message = `${data.uri} has ${classes.length} classes and the network ${architecture.classes}: give the images that it was trained on`;
      throw new FastpathError('export.classes', message);
    }
    if (labels?.some((label, i) => label !== classes[i])) {
      const other = labels.findIndex((label, i) => label !== classes[i]);
      const message = `class ${other} of ${data.uri} is ${classes[other]} and the network's is ${labels[other]}: give the images that it was trained on`;
      throw new FastpathError('export.classes', message);
    }
    return dataSet;
  } catch (error) {
    if (data.required || !(error instanceof FastpathError)) throw error;
    note(`the images that it was trained on cannot be used (${error.message}): checking on noise`);
    return null;
  }
}

/**
 * So many images to check on, held out ones where there are any, and as many to calibrate with where `formats` need it.
 * @throws FastpathError `data.…`
 */
export async function exportImages(
  source: ImageSource,
  resolution: number,
  wanted: number,
  formats: readonly ExportFormat[],
): Promise<ExportImages> {
  const split = source.dataSet.val.length > 0 ? 'val' : 'train';
  const check = await dataSetImages(source, split, resolution, wanted);
  const calibration = formats.includes('onnx-int8') ? await dataSetImages(source, 'train', resolution, wanted) : null;
  return { check, calibration };
}
