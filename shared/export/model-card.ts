/** @file The model card: what a network is, what it was trained on and how well it does, as Markdown. */
import { describe } from '../architecture/describe.ts';
import type { Architecture } from '../contract/architecture.ts';
import type { Cost } from '../contract/cost.ts';
import type { ExportRecord } from '../contract/export.ts';
import type { JobSpec } from '../contract/job-spec.ts';
import type { Metrics } from '../contract/result.ts';
import { bytes, count, duration, milliseconds, percent } from '../format.ts';

/** What is known of how a network came about; null where it is not. */
export interface CardFacts {
  metrics: Metrics | null;
  spec: JobSpec | null;
  cost: Cost | null;
  /** input side in pixels that the weights were trained for, which metrics are of */
  trainedResolution: number;
  /** predictions for this very network */
  latency: Metrics['latency'];
}

export function modelCard(architecture: Architecture, record: ExportRecord, facts: CardFacts): string {
  const { id, macs, parameters, peakActivationBytes } = describe(architecture);
  const { resolution, classes, blocks } = architecture;
  return [
    `# Network ${id}`,
    `A convolutional network of ${blocks.length} inverted-residual blocks for RGB images of ${resolution} × ${resolution} pixels in ${classes} classes: ${count(macs)} multiply-adds, ${count(parameters)} parameters, ${bytes(peakActivationBytes)} peak activation memory (one image, fp32).`,
    ...training(facts, resolution),
    ...latency(facts),
    '## This export',
    table([
      ['form', `${record.form}, batch norm ${record.batchNorm}${record.features ? ', feature maps' : ''}`],
      ['input', `${record.layout} [${dims(record.input)}], float32`],
      ...record.outputs.map(({ name, dims: own }) => ['output', `${name} [${dims(own)}]`]),
      ['checked', checked(record)],
      ...quantised(record),
      ['Fastpath', record.fastpathVersion],
    ]),
    ...input(record),
    ...labels(record),
  ]
    .join('\n\n')
    .concat('\n');
}

function training({ metrics, spec, cost, trainedResolution }: CardFacts, resolution: number): string[] {
  if (metrics === null) return ['What the weights were trained on is not known.'];
  const { evaluation, search, weights, seed, backend, dataFingerprint } = metrics;
  const accuracy = `${percent(evaluation.top1)} top-1, ${percent(evaluation.top5)} top-5 on ${evaluation.images} ${evaluation.split} images`;
  const side = `${trainedResolution} × ${trainedResolution} pixels, which the weights were trained for`;
  const rows = [
    ['accuracy', resolution === trainedResolution ? accuracy : `${accuracy} at ${side}; not known at ${resolution}`],
    ['weights', weights === 'trained' ? trainedFrom(spec) : "the supernet's, batch norm recalibrated"],
    ['data set', `${spec !== null && 'data' in spec ? `${spec.data.uri}, ` : ''}fingerprint ${dataFingerprint}`],
    ['seed', String(seed)],
    ['backend', backend],
    ...schedule(spec),
    ...(search === null
      ? []
      : [['search', `${search.method}, ${search.spaceSize} paths, ${count(search.imagePasses)} image passes`]]),
    ['cost', cost === null ? 'not known' : costWords(cost, metrics)],
    ...(metrics.cutShort ? [['note', 'a compute limit ended the training early']] : []),
  ];
  return ['## Training', table(rows)];
}

/** Of everything behind the weights that this project computed itself. */
function costWords({ computeSeconds, pricePerHourUsd }: Cost, { search, weights }: Metrics): string {
  const work = [...(search === null ? [] : ['search']), ...(weights === 'trained' ? ['training'] : [])].join(' and ');
  const time = `${duration(computeSeconds)} of compute for ${work}`;
  if (pricePerHourUsd === null) return time;
  const usd = Number(((computeSeconds / 3600) * pricePerHourUsd).toPrecision(3));
  return `${time}, ${usd} USD at ${pricePerHourUsd} USD an hour`;
}

function trainedFrom(spec: JobSpec | null): string {
  if (spec === null) return 'trained';
  const given = spec.format === 'fastpath.train-spec/1' && spec.initialWeights !== null;
  return given ? 'trained from given weights' : 'trained from scratch';
}

function schedule(spec: JobSpec | null): string[][] {
  if (spec === null || !('training' in spec) || spec.training === null) return [];
  const { epochs, batchSize, learningRate } = spec.training;
  return [['schedule', `${epochs} epochs, batches of ${batchSize}, learning rate ${learningRate}`]];
}

function latency({ latency: predictions }: CardFacts): string[] {
  if (predictions.length === 0) return [];
  const rows = predictions.map(({ hardware, budgetMs, latencyMs, lowMs, highMs }) => [
    hardware,
    `${milliseconds(latencyMs)} (${milliseconds(lowMs)} to ${milliseconds(highMs)})`,
    budgetMs === null ? '–' : milliseconds(budgetMs),
  ]);
  return [
    '## Latency',
    'Predicted, with the interval that nine in ten measurements are expected in.',
    table(rows, ['hardware', 'latency', 'budget']),
  ];
}

function checked({ check, unchecked }: ExportRecord): string {
  if (check === null) return unchecked ?? 'no';
  const { runtime, images, source, largestDifference, top1Agreement } = check;
  const agreement = top1Agreement === null ? '' : `, the same top class for ${percent(top1Agreement)} of them`;
  return `against the trainer's own outputs, by ${runtime}, on ${images} ${source}: largest difference ${largestDifference.toExponential(1)}${agreement}`;
}

function quantised({ quantisation }: ExportRecord): string[][] {
  if (quantisation === null) return [];
  const { tool, calibrationImages, images, source, top1Before, top1After } = quantisation;
  const accuracy =
    top1Before === null || top1After === null
      ? ''
      : `; top-1 ${percent(top1Before)} before, ${percent(top1After)} after, on ${images} ${source}`;
  return [['quantised', `by ${tool}, calibrated with ${calibrationImages} training images${accuracy}`]];
}

function input({ preprocessing }: ExportRecord): string[] {
  const { cropShare, smallCropShare, smallSide, resolution, mean, std } = preprocessing;
  return [
    '## Preparing an image',
    [
      `1. RGB, upright. Cut out the centre square of ${percent(cropShare)} of the shorter side; of images up to ${smallSide} pixels, ${percent(smallCropShare)}.`,
      `2. Resize it to ${resolution} × ${resolution} pixels, bilinearly, with a filter as wide as the reduction (antialiased).`,
      `3. Each value v in 0…255 becomes (v / 255 − mean) / std, with mean ${mean.join(', ')} and std ${std.join(', ')} for red, green and blue.`,
    ].join('\n'),
  ];
}

function labels({ labels: names }: ExportRecord): string[] {
  if (names === null) return [];
  return ['## Classes', names.map((name, i) => `${i}. ${escaped(name)}`).join('\n')];
}

function dims(sizes: readonly number[]): string {
  return sizes.map((size) => (size === -1 ? 'n' : size)).join(', ');
}

function table(rows: readonly (readonly string[])[], head: readonly string[] = ['', '']): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

/** Names come from files and folders: nothing in them may become markup. */
function escaped(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|&#!]/g, (char) => `\\${char}`);
}
