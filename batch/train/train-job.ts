/** @file Trains one given architecture, from scratch or from given weights. */
import { z } from 'zod';
import { describe } from '../../shared/architecture/describe.ts';
import type { TrainSpec } from '../../shared/contract/job-spec.ts';
import { metricsSchema } from '../../shared/contract/result.ts';
import { FastpathError } from '../../shared/errors.ts';
import { decodeSafetensors } from '../../shared/weights/safetensors.ts';
import { CheckpointStore } from '../checkpoint/checkpoint-store.ts';
import { networkOf } from '../network/from-architecture.ts';
import type { JobContext } from '../run/context.ts';
import { costOf } from '../run/cost.ts';
import { resultWriter } from '../run/result-writer.ts';
import { loadOwnWeights } from '../run/saved-state.ts';
import { Confusion } from './confusion.ts';
import { evaluate } from './evaluate.ts';
import { openFeed, openTrainingImages, type TrainingImages } from './images.ts';
import { trainingCurves } from './pictures.ts';
import { newTraining, trainingFacts, trainingStateSchema } from './state.ts';
import { runTraining } from './training-phase.ts';
import { TrainingWeights } from './training-weights.ts';

/** Runs the training, or goes on with it, to its end or to the compute limit. @throws Stopped, FastpathError */
export async function runTrain(context: JobContext, spec: TrainSpec): Promise<'done' | 'cut-short'> {
  const { seed, training: schedule, architecture } = spec;
  const feed = await openFeed(context, spec);
  try {
    const images = openTrainingImages(feed, { resolution: architecture.resolution, seed, schedule });
    return await train(context, spec, images);
  } finally {
    await feed.close();
  }
}

async function train(context: JobContext, spec: TrainSpec, images: TrainingImages): Promise<'done' | 'cut-short'> {
  const { architecture, training: schedule, seed } = spec;
  const { classes, fingerprint } = images.dataSet;
  if (classes.length !== architecture.classes) {
    throw new FastpathError(
      'train.classes',
      `the architecture has ${architecture.classes} classes and the data set ${classes.length}; set "classes" in the architecture file`,
    );
  }
  const network = networkOf(architecture, { seed });
  const checkpoints = new CheckpointStore({
    store: context.checkpoints,
    prefix: context.prefix,
    specSha256: context.specSha256,
    dataFingerprint: fingerprint,
    stateSchema: z.strictObject({ phase: z.literal('training'), training: trainingStateSchema }),
  });
  const saved = await checkpoints.load();
  if (!saved && spec.initialWeights) loadOwnWeights(network, await readInitialWeights(context, spec.initialWeights));
  const weights = new TrainingWeights(network, schedule);
  if (saved) weights.restore(saved.tensors);
  const state = saved?.state.training ?? newTraining();
  const end = await runTraining(context, {
    weights,
    images,
    schedule,
    seed,
    state,
    stepsBefore: 0,
    save: (step) => checkpoints.save({ step, state: { phase: 'training', training: state }, tensors: weights.read() }),
  });

  const { loader, split } = images.evaluation;
  const confusion = new Confusion(classes);
  const evaluation = await evaluate(network, loader, split, context.stop, context.limit, confusion);
  const { id, macs, parameters, peakActivationBytes } = describe(architecture);
  const write = resultWriter(context);
  await write.json('architecture.json', architecture);
  await write.weights(network, architecture);
  await write.classes(confusion.results(split));
  await write.text('curves.svg', trainingCurves(`training of ${id.slice(0, 8)}`, state));
  await write.json('cost.json', costOf(context, undefined));
  await write.json(
    'metrics.json',
    metricsSchema.parse({
      format: 'fastpath.metrics/1',
      architectureId: id,
      seed,
      backend: context.backend,
      dataFingerprint: fingerprint,
      macs,
      parameters,
      peakActivationBytes,
      latency: [],
      weights: 'trained',
      evaluation,
      search: null,
      skippedImages: state.skippedImages,
      training: trainingFacts(state),
      ...(end === 'cut-short' ? { cutShort: true } : {}),
    }),
  );
  return end;
}

async function readInitialWeights({ store }: JobContext, key: string) {
  const object = await store.get(key);
  if (!object) throw new FastpathError('weights.missing', `no weights at ${key} in the store`);
  return decodeSafetensors(object.bytes).tensors;
}
