/** @file Trains a plain network on labelled images: the full training of an architecture, found or given. */
import type { TrainingSchedule } from '../../shared/contract/job-spec.ts';
import { Random } from '../../shared/random.ts';
import type { LossOptions } from '../network/classifier.ts';
import { accumulatedWeightStep, type LabelledBatch, weightStep } from '../network/weight-step.ts';
import type { JobContext } from '../run/context.ts';
import { cosineLearningRate } from '../run/schedule.ts';
import { runSteps, type StepReport } from '../run/step-loop.ts';
import { StepScores } from '../run/step-scores.ts';
import { evaluate, imageTensor } from './evaluate.ts';
import { imagesToFinish, type TrainingImages } from './images.ts';
import { mixBatch } from './mixup.ts';
import type { TrainingState } from './state.ts';
import type { TrainingWeights } from './training-weights.ts';

export interface TrainingPhase {
  weights: TrainingWeights;
  images: TrainingImages;
  schedule: TrainingSchedule;
  seed: number;
  /** changed in place while the phase runs */
  state: TrainingState;
  /** weight steps of earlier phases of the same run */
  stepsBefore: number;
  save(step: number): Promise<void>;
}

type Planned = Pick<TrainingPhase, 'images' | 'schedule'>;

/** Weight steps of the whole phase. */
export function trainingSteps(phase: Planned): number {
  return phase.schedule.epochs * stepsPerEpoch(phase);
}

/** What an epoch has over behind its last whole step is left out. */
function stepsPerEpoch(phase: Planned): number {
  return Math.floor(phase.images.training.batchesPerEpoch / batchesPerStep(phase));
}

function batchesPerStep({ images, schedule }: Planned): number {
  return Math.min(schedule.accumulate, images.training.batchesPerEpoch);
}

/**
 * Runs the phase from its state to its end, or to the compute limit; what is to be kept is in the network then.
 * @throws Stopped, FastpathError
 */
export async function runTraining(context: JobContext, phase: TrainingPhase): Promise<'done' | 'cut-short'> {
  const { state, stepsBefore, weights, schedule } = phase;
  const steps = trainingSteps(phase);
  const scores = new StepScores();
  const end = await runSteps(context, {
    from: stepsBefore + state.step,
    to: stepsBefore + steps,
    steps: stepsBefore + steps,
    batchSize: schedule.batchSize * batchesPerStep(phase),
    take: (step) => trainingStep(context, phase, scores, step - stepsBefore, steps),
    save: phase.save,
    imagesToFinish: imagesToFinish(phase.images),
  });
  if (end === 'done' && schedule.keepBest) await validate(context, phase);
  weights.settle();
  return end;
}

async function trainingStep(
  context: JobContext,
  phase: TrainingPhase,
  scores: StepScores,
  step: number,
  steps: number,
): Promise<(() => StepReport) | 'over'> {
  const { weights, schedule, state } = phase;
  const perEpoch = stepsPerEpoch(phase);
  if (step > 0 && step % perEpoch === 0) {
    await validate(context, phase);
    if (isOver(phase, perEpoch)) return 'over';
  }
  const { batches, taken, skipped } = await takeBatches(phase, step, perEpoch);
  const learningRate = cosineLearningRate(step, steps, schedule.learningRate, schedule.warmupEpochs * perEpoch);
  const options = { learningRate, weightDecay: schedule.weightDecay };
  const [{ images, labels, loss: lossOptions }] = batches as [LabelledBatch];
  const score =
    batches.length === 1
      ? weightStep(weights.network, images, labels, lossOptions, options)
      : accumulatedWeightStep(weights.network, batches, options);
  for (const batch of batches) batch.images.dispose();
  for (const each of taken) phase.images.training.recycle(each);
  weights.follow(step + 1);
  state.step = step + 1;
  state.skippedImages += skipped;
  scores.add(
    phase.stepsBefore + state.step,
    score,
    batches.reduce((sum, batch) => sum + batch.labels.length, 0),
  );
  const report = (): StepReport => {
    const { loss, accuracy } = scores.read();
    state.trainingLoss = loss;
    return {
      phase: 'training',
      epoch: state.step / perEpoch,
      loss,
      accuracy,
      validationLoss: state.validation?.loss ?? null,
      validationAccuracy: state.validation?.accuracy ?? null,
      latency: [],
      probabilities: [],
      skippedImages: state.skippedImages,
    };
  };
  // What is behind an epoch is scored on its held-out images, and needs the epoch's last loss.
  if (state.step % perEpoch === 0) report();
  return report;
}

async function takeBatches(phase: TrainingPhase, step: number, perEpoch: number) {
  const { images, schedule, seed } = phase;
  const { training } = images;
  const count = batchesPerStep(phase);
  const epoch = Math.floor(step / perEpoch);
  const batches: LabelledBatch[] = [];
  const taken: Float32Array[] = [];
  let skipped = 0;
  for (let i = 0; i < count; i++) {
    const batch = await training.get(epoch, (step % perEpoch) * count + i);
    const name = i === 0 ? `${step}` : `${step}/${i}`;
    const loss: LossOptions = {
      labelSmoothing: schedule.labelSmoothing,
      dropout: schedule.dropout > 0 ? { rate: schedule.dropout, random: Random.named(seed, `dropout/${name}`) } : null,
    };
    let shown = batch.images;
    if (schedule.mixupAlpha > 0) {
      const random = Random.named(seed, `mixup/${name}`);
      const mixed = mixBatch(batch.images, batch.labels, schedule.mixupAlpha, random);
      shown = mixed.images;
      loss.mix = { labels: mixed.labels, share: mixed.share };
    }
    batches.push({ images: imageTensor(shown, training), labels: batch.labels, loss });
    taken.push(batch.images);
    skipped += batch.skipped;
  }
  return { batches, taken, skipped };
}

/** Scores what would be kept now, at the end of an epoch, before anything else changes: a stop here repeats only this. */
async function validate({ stop, limit }: JobContext, { weights, images, state, schedule }: TrainingPhase) {
  if (state.curve.at(-1)?.step === state.step) return;
  const { loader, split } = images.selection;
  const { loss, top1 } = await weights.asKept(() => evaluate(weights.network, loader, split, stop, limit));
  state.validation = { loss, accuracy: top1 };
  state.curve.push({
    step: state.step,
    trainingLoss: state.trainingLoss,
    validationLoss: loss,
    validationAccuracy: top1,
  });
  if (!schedule.keepBest) return;
  const { best } = state;
  if (best && (best.top1 > top1 || (best.top1 === top1 && best.loss <= loss))) return;
  state.best = { step: state.step, top1, loss };
  weights.keepAsBest();
}

function isOver({ state, schedule }: TrainingPhase, perEpoch: number): boolean {
  if (!schedule.keepBest || schedule.patienceEpochs === null || !state.best) return false;
  return state.step - state.best.step >= schedule.patienceEpochs * perEpoch;
}
