/** @file Trains a plain network on labelled images: the full training of an architecture, found or given. */
import type { TrainingSchedule } from '../../shared/contract/job-spec.ts';
import { Random } from '../../shared/random.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { weightStep } from '../network/weight-step.ts';
import type { JobContext } from '../run/context.ts';
import { cosineLearningRate } from '../run/schedule.ts';
import { runSteps, type StepReport } from '../run/step-loop.ts';
import { evaluate, imageTensor } from './evaluate.ts';
import { imagesToFinish, type TrainingImages } from './images.ts';
import type { TrainingState } from './state.ts';

export interface TrainingPhase {
  network: ConvNet;
  images: TrainingImages;
  schedule: TrainingSchedule;
  seed: number;
  /** changed in place while the phase runs */
  state: TrainingState;
  /** weight steps of earlier phases of the same run */
  stepsBefore: number;
  save(step: number): Promise<void>;
}

/** Weight steps of the whole phase. */
export function trainingSteps({ images, schedule }: Pick<TrainingPhase, 'images' | 'schedule'>): number {
  return schedule.epochs * images.training.batchesPerEpoch;
}

/** Runs the phase from its state to its end, or to the compute limit. @throws Stopped, FastpathError */
export function runTraining(context: JobContext, phase: TrainingPhase): Promise<'done' | 'cut-short'> {
  const { state, stepsBefore } = phase;
  const steps = trainingSteps(phase);
  return runSteps(context, {
    from: stepsBefore + state.step,
    to: stepsBefore + steps,
    steps: stepsBefore + steps,
    batchSize: phase.schedule.batchSize,
    take: (step) => trainingStep(context, phase, step - stepsBefore, steps),
    save: phase.save,
    imagesToFinish: imagesToFinish(phase.images),
  });
}

async function trainingStep(
  context: JobContext,
  phase: TrainingPhase,
  step: number,
  steps: number,
): Promise<StepReport> {
  const { network, images, schedule, seed, state } = phase;
  const { training } = images;
  const perEpoch = training.batchesPerEpoch;
  const epoch = Math.floor(step / perEpoch);
  if (step > 0 && step % perEpoch === 0) await validate(context, phase);
  const batch = await training.get(epoch, step % perEpoch);
  const x = imageTensor(batch.images, training);
  const learningRate = cosineLearningRate(step, steps, schedule.learningRate, schedule.warmupEpochs * perEpoch);
  const dropout =
    schedule.dropout > 0 ? { rate: schedule.dropout, random: Random.named(seed, `dropout/${step}`) } : null;
  const { labelSmoothing, weightDecay } = schedule;
  const { loss, correct } = weightStep(
    network,
    x,
    batch.labels,
    { labelSmoothing, dropout },
    { learningRate, weightDecay },
  );
  x.dispose();
  state.step = step + 1;
  state.skippedImages += batch.skipped;
  state.trainingLoss = loss;
  return {
    phase: 'training',
    epoch: state.step / perEpoch,
    loss,
    accuracy: correct / batch.labels.length,
    validationLoss: state.validation?.loss ?? null,
    validationAccuracy: state.validation?.accuracy ?? null,
    latency: [],
    probabilities: [],
    skippedImages: state.skippedImages,
  };
}

/** Scores the network at the end of an epoch, before anything else changes: a stop here repeats only this. */
async function validate({ stop, limit }: JobContext, { network, images, state }: TrainingPhase): Promise<void> {
  const { loader, split } = images.evaluation;
  const { loss, top1 } = await evaluate(network, loader, split, stop, limit);
  state.validation = { loss, accuracy: top1 };
  state.curve.push({
    step: state.step,
    trainingLoss: state.trainingLoss,
    validationLoss: loss,
    validationAccuracy: top1,
  });
}
