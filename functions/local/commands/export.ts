/** @file `fastpath export PATH`: a trained network as files that other runtimes read, each checked where it is made. */
import { readFile } from 'node:fs/promises';
import { parseArchitecture } from '../../../shared/architecture/parse.ts';
import type { ExportRecord, ExportRequest } from '../../../shared/contract/export.ts';
import { type ExportFormat, exportFormats, formatsWith } from '../../../shared/contract/export-format.ts';
import { oneOf } from '../../../shared/contract/problem.ts';
import { FastpathError } from '../../../shared/errors.ts';
import { bytes, percent } from '../../../shared/format.ts';
import { type Console, writeJson, writeLine } from '../console.ts';
import { dataUri } from '../data-location.ts';
import { withPredictions } from '../exporting/card-latency.ts';
import { runExport } from '../exporting/export-process.ts';
import { type ExportedNetwork, exportedNetwork } from '../exporting/export-source.ts';
import { readFailure } from '../read-failure.ts';

export interface ExportFlags {
  format: string[];
  weights?: string;
  data?: string;
  labels?: string;
  images: number;
  resolution?: number;
  hardware?: string[];
  features?: boolean;
  unfolded?: boolean;
  out?: string;
  json?: boolean;
}

/** @throws FastpathError with the line to show */
export async function exportNetwork(path: string, flags: ExportFlags, console: Console): Promise<void> {
  const formats = formatsOf(flags);
  const network = await exportedNetwork(path, flags.weights);
  const trainedResolution = network.architecture.resolution;
  const resolution = flags.resolution ?? trainedResolution;
  const architecture = parseArchitecture({ ...network.architecture, resolution });
  // At another side it is another network, of which a search knew nothing.
  const known = resolution === trainedResolution ? (network.metrics?.latency ?? []) : [];
  const { hardware = [] } = flags;
  const latency = await withPredictions(known, hardware, architecture);
  for (const { hardware: id, flags: doubts } of latency) {
    if (hardware.includes(id)) for (const doubt of doubts) writeLine(console.err, `note: ${id}: ${doubt}`);
  }
  const request: ExportRequest = {
    architecture,
    weights: network.weights,
    metrics: network.metrics,
    spec: network.spec,
    cost: network.cost,
    trainedResolution,
    latency,
    labels: network.labels,
    givenLabels: flags.labels === undefined ? null : await readLabels(flags.labels),
    data: await imagesOf(flags, network),
    images: flags.images,
    forms: formats.map((format) => ({
      format,
      features: flags.features === true,
      unfolded: flags.unfolded === true,
    })),
    out: flags.out ?? network.out,
  };
  const exports: ({ folder: string } & ExportRecord)[] = [];
  try {
    await runExport(request, (message) => {
      if (message.type === 'note') writeLine(console.err, `note: ${message.message}`);
      else if (message.type === 'failed') {
        // A single one's failure is the command's, and told as that.
        if (formats.length > 1) writeLine(console.err, `no ${message.form}: ${message.message}`);
      } else {
        exports.push({ folder: message.folder, ...message.record });
        if (flags.json !== true) print(message.folder, message.record, console);
      }
    });
  } finally {
    // Where a form failed, the others are there all the same.
    if (flags.json === true) writeJson(console, exports);
  }
}

/** `all` are those that have what else is asked for. @throws FastpathError `export.format` */
function formatsOf({ format: names, features, unfolded }: ExportFlags): ExportFormat[] {
  if (names.includes('all')) {
    return exportFormats.filter(
      (format) =>
        (!features || formatsWith.features.includes(format)) && (!unfolded || formatsWith.unfolded.includes(format)),
    );
  }
  return [...new Set(names)].map((name) => {
    const format = exportFormats.find((each) => each === name);
    if (format !== undefined) return format;
    throw new FastpathError('export.format', `there is no format ${name}: use ${oneOf([...exportFormats, 'all'])}`);
  });
}

/** The images that were asked for, else those that the network was trained on. */
async function imagesOf({ data }: ExportFlags, { spec }: ExportedNetwork): Promise<ExportRequest['data']> {
  if (data !== undefined) return { uri: await dataUri(data), required: true };
  // A pruning names the search, not the images.
  return spec !== null && 'data' in spec ? { uri: spec.data.uri, required: false } : null;
}

/** One name a line. */
async function readLabels(file: string): Promise<string[]> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw readFailure(file, cause);
  });
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function print(folder: string, { form, files, check, unchecked, quantisation }: ExportRecord, console: Console): void {
  const size = files.reduce((sum, file) => sum + file.bytes, 0);
  writeLine(console.out, `${form}: ${folder} (${bytes(size)})`);
  if (check === null) writeLine(console.out, `  not checked: ${unchecked}`);
  else {
    const { runtime, images, source, largestDifference, top1Agreement } = check;
    const agreement = top1Agreement === null ? '' : `, ${percent(top1Agreement)} the same top class`;
    const difference = `differs by at most ${largestDifference.toExponential(1)} from the trainer${agreement}`;
    writeLine(console.out, `  ${difference}: ${images} ${source}, ${runtime}`);
  }
  if (quantisation?.top1Before != null && quantisation.top1After !== null) {
    const { top1Before, top1After, images, source } = quantisation;
    writeLine(
      console.out,
      `  top-1 ${percent(top1Before)} before and ${percent(top1After)} after, on ${images} ${source}`,
    );
  }
}
