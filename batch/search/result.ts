/** @file Writes what a search leaves: architecture, weights, metrics, Pareto set and pictures. metrics.json comes last. */

import { describe } from '../../shared/architecture/describe.ts';
import { architectureId } from '../../shared/architecture/identity.ts';
import type { ClassResults } from '../../shared/contract/class-results.ts';
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import {
  type Evaluation,
  type Metrics,
  metricsSchema,
  type Pareto,
  paretoSchema,
} from '../../shared/contract/result.ts';
import { blockName, candidateLabel, pathToArchitecture, spaceSize } from '../../shared/space/path.ts';
import type { Feed } from '../data/feed.ts';
import { writeExports } from '../export/write-exports.ts';
import type { ConvNet } from '../network/conv-net.ts';
import type { JobContext } from '../run/context.ts';
import { costOf } from '../run/cost.ts';
import { resultWriter } from '../run/result-writer.ts';
import { entropyNats, meanTopProbability, softmax } from '../supernet/formulas/probabilities.ts';
import type { SearchImages } from '../train/images.ts';
import { trainingCurves } from '../train/pictures.ts';
import { type TrainingState, trainingFacts } from '../train/state.ts';
import { searchPictures } from './pictures.ts';
import type { SearchSetup } from './setup.ts';
import type { SearchOutcome } from './state.ts';

export interface SearchResult {
  spec: SearchSpec;
  setup: SearchSetup;
  outcome: SearchOutcome;
  network: ConvNet;
  evaluation: Evaluation;
  classes: ClassResults;
  training: TrainingState;
  weights: Metrics['weights'];
  /** what a later pruning knew of networks timed on their devices */
  timings: NonNullable<Metrics['search']>['timings'];
  /** computed before this job, for what it goes on from */
  secondsBefore: number;
  images: SearchImages;
  /** what the images come from */
  feed: Feed;
  cutShort: boolean;
}

export async function writeSearchResult(context: JobContext, result: SearchResult): Promise<void> {
  const { setup, outcome } = result;
  const architecture = pathToArchitecture(setup.plan, outcome.path);
  const write = resultWriter(context);
  await write.json('architecture.json', architecture);
  await write.weights(result.network, architecture);
  await write.classes(result.classes);
  await write.json('pareto.json', paretoSchema.parse(paretoOf(result)));
  for (const [name, svg] of Object.entries(searchPictures(setup, outcome))) await write.text(name, svg);
  if (result.weights === 'trained') {
    const svg = trainingCurves(`training of ${architectureId(architecture).slice(0, 8)}`, result.training);
    await write.text('training.svg', svg);
  }
  const { spec, network, feed } = result;
  const metrics = metricsSchema.parse(metricsOf(context, result));
  const cost = costOf(context, spec.pricePerHourUsd, result.secondsBefore);
  if (spec.exports) {
    const { latency } = metrics;
    const facts = { metrics, spec, cost, latency, trainedResolution: architecture.resolution };
    await writeExports(context, { formats: spec.exports, architecture, network, images: feed, facts });
  }
  await write.json('cost.json', cost);
  await write.json('metrics.json', metrics);
}

function paretoOf({ setup, outcome }: SearchResult): Pareto {
  return {
    format: 'fastpath.pareto/1',
    hardware: setup.devices[0]!.model.hardware.id,
    points: outcome.pareto.map(({ path, ...point }) => ({
      ...point,
      architecture: pathToArchitecture(setup.plan, path),
    })),
  };
}

function metricsOf(context: JobContext, result: SearchResult): Metrics {
  const { spec, setup, outcome, evaluation, training, images, weights, timings, cutShort } = result;
  const architecture = pathToArchitecture(setup.plan, outcome.path);
  const { id, macs, parameters, peakActivationBytes } = describe(architecture);
  const probabilities = outcome.logits.map(softmax);
  return {
    format: 'fastpath.metrics/1',
    architectureId: id,
    seed: spec.seed,
    backend: context.backend,
    dataFingerprint: images.dataSet.fingerprint,
    macs,
    parameters,
    peakActivationBytes,
    latency: setup.devices.map(({ model, budgetMs }) => {
      const { latencyUs, lowUs, highUs, flags } = model.predict(architecture);
      const [latencyMs, lowMs, highMs] = [latencyUs / 1000, lowUs / 1000, highUs / 1000];
      return { hardware: model.hardware.id, budgetMs, latencyMs, lowMs, highMs, flags };
    }),
    weights,
    evaluation,
    search: {
      method: spec.method,
      latencyLoss: spec.latencyLoss,
      blocksDifferingFromArgmax: outcome.blocksDifferingFromArgmax,
      meanTopProbability: meanTopProbability(probabilities),
      blocks: setup.plan.blocks.map((block, i) => {
        const chosen = outcome.path[i]!;
        return {
          name: blockName(block),
          candidate: candidateLabel(block.candidates[chosen]!),
          probability: probabilities[i]![chosen]!,
          entropyNats: entropyNats(probabilities[i]!),
        };
      }),
      imagePasses: outcome.imagePasses,
      spaceSize: spaceSize(setup.plan).toString(),
      timings,
    },
    skippedImages: outcome.skippedImages + training.skippedImages,
    ...(weights === 'trained' ? { training: trainingFacts(training) } : {}),
    ...(cutShort ? { cutShort } : {}),
  };
}
