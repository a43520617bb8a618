/** @file Warm-up and search: weight steps on sampled paths, with architecture steps between them in the search. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { pathCost } from '../../shared/latency/cost-table.ts';
import { Random } from '../../shared/random.ts';
import { uniformPath } from '../../shared/space/path.ts';
import { weightStep } from '../network/weight-step.ts';
import type { JobContext } from '../run/context.ts';
import { cosineLearningRate } from '../run/schedule.ts';
import { runSteps, type StepReport } from '../run/step-loop.ts';
import { architectureGradient, samplePairs } from '../supernet/architecture-step.ts';
import { samplePath } from '../supernet/formulas/probabilities.ts';
import { reward } from '../supernet/formulas/reinforce.ts';
import { scorePaths } from '../supernet/reinforce-step.ts';
import type { Supernet } from '../supernet/supernet.ts';
import { imageTensor } from '../train/evaluate.ts';
import { imagesToFinish, type SearchImages } from '../train/images.ts';
import { appendThinned } from './curve.ts';
import { LogitSearch } from './logit-search.ts';
import type { SearchSetup } from './setup.ts';
import type { CurvePoint, SearchState } from './state.ts';

/** Weight and architecture steps of a search. */
export interface SearchSteps {
  warmup: number;
  /** steps of the loop: warm-up and search together, or the architecture steps where nothing else is learned */
  weight: number;
  architecture: number;
}

export function searchSteps({ schedule, warmStart }: SearchSpec, batchesPerEpoch: number): SearchSteps {
  const warmup = schedule.warmupEpochs * batchesPerEpoch;
  const search = schedule.searchEpochs * batchesPerEpoch;
  // The first search epoch takes none, so that weights settle at the new learning rate.
  const architecture = Math.floor((search - batchesPerEpoch) / schedule.weightStepsPerArchitectureStep);
  if (warmStart) return { warmup: 0, weight: Math.max(1, architecture), architecture: Math.max(1, architecture) };
  return { warmup, weight: warmup + search, architecture: Math.max(0, architecture) };
}

export class SearchPhase {
  readonly search: LogitSearch;
  private readonly steps: SearchSteps;
  private readonly curve: CurvePoint[];
  private validation: SearchState['validation'];
  private imagePasses: number;
  private skippedImages: number;

  /** @param saved the state behind `from` weight steps, or null at the start */
  constructor(
    private readonly spec: SearchSpec,
    private readonly setup: SearchSetup,
    private readonly supernet: Supernet,
    private readonly images: SearchImages,
    saved: SearchState | null,
  ) {
    this.steps = searchSteps(spec, images.training.batchesPerEpoch);
    this.search = new LogitSearch(setup, spec, this.steps.architecture, saved);
    this.curve = [...(saved?.curve ?? [])];
    this.validation = saved?.validation ?? null;
    this.imagePasses = saved?.imagePasses ?? 0;
    this.skippedImages = saved?.skippedImages ?? 0;
  }

  get state(): SearchState {
    const { validation, imagePasses, skippedImages } = this;
    return { phase: 'search', ...this.search.state, validation, curve: [...this.curve], imagePasses, skippedImages };
  }

  /** @param totalSteps weight steps of the whole run, later phases included. @throws Stopped, FastpathError */
  run(context: JobContext, from: number, totalSteps: number, save: (step: number) => Promise<void>) {
    return runSteps(context, {
      from,
      to: this.steps.weight,
      steps: totalSteps,
      batchSize: this.spec.schedule.batchSize,
      take: (step) => (this.spec.warmStart ? this.takeLogitStep(step) : this.take(step)),
      save,
      imagesToFinish: imagesToFinish(this.images),
    });
  }

  /** An architecture step on weights that stay as they are. */
  private async takeLogitStep(step: number): Promise<StepReport> {
    await this.takeArchitectureStep(step);
    const { loss, accuracy } = this.validation!;
    return this.report(step, {
      phase: 'search',
      epoch: (step + 1) / this.images.validation.batchesPerEpoch,
      loss,
      accuracy,
      learned: true,
    });
  }

  private async take(step: number): Promise<StepReport> {
    const { training } = this.images;
    const { warmup } = this.steps;
    const batchesPerEpoch = training.batchesPerEpoch;
    const batch = await training.get(Math.floor(step / batchesPerEpoch), step % batchesPerEpoch);
    const x = imageTensor(batch.images, training);
    const { loss, correct } = weightStep(
      this.supernet.network(this.samplePath(step)),
      x,
      batch.labels,
      { labelSmoothing: this.spec.schedule.labelSmoothing, dropout: null },
      { learningRate: this.learningRate(step), weightDecay: this.spec.schedule.weightDecay },
    );
    x.dispose();
    training.recycle(batch.images);
    this.imagePasses += batch.labels.length;
    this.skippedImages += batch.skipped;
    const architectureStep = this.architectureStepAt(step);
    if (architectureStep !== null) await this.takeArchitectureStep(architectureStep);
    return this.report(step, {
      phase: step < warmup ? 'warmup' : 'search',
      epoch: (step + 1) / batchesPerEpoch,
      loss,
      accuracy: correct / batch.labels.length,
      learned: architectureStep !== null,
    });
  }

  /** Adds what is known of the path logits; `learned`: this step changed them. */
  private report(
    step: number,
    { learned, ...batch }: Pick<StepReport, 'phase' | 'epoch' | 'loss' | 'accuracy'> & { learned: boolean },
  ): StepReport {
    const probabilities = learned ? this.search.probabilities.map((p) => Array.from(p)) : [];
    const expected = this.search.expectedLatenciesUs;
    if (learned) {
      appendThinned(this.curve, {
        step: step + 1,
        trainingLoss: batch.loss,
        validationLoss: this.validation?.loss ?? null,
        validationAccuracy: this.validation?.accuracy ?? null,
        expectedCosts: expected,
        probabilities,
      });
    }
    return {
      ...batch,
      validationLoss: this.validation?.loss ?? null,
      validationAccuracy: this.validation?.accuracy ?? null,
      latency: this.setup.devices.map(({ model, budgetMs }, k) => ({
        hardware: model.hardware.id,
        expectedMs: expected[k]! / 1000,
        budgetMs,
      })),
      probabilities,
      skippedImages: this.skippedImages,
    };
  }

  /** Uniform in the warm-up, by the path probabilities in the search. */
  private samplePath(step: number) {
    const random = Random.named(this.spec.seed, `path/${step}`);
    if (step < this.steps.warmup) return uniformPath(this.setup.plan, random);
    return samplePath(this.search.probabilities, random);
  }

  private learningRate(step: number): number {
    const { warmupLearningRate, searchLearningRate } = this.spec.schedule;
    const { warmup, weight } = this.steps;
    if (step < warmup) return cosineLearningRate(step, warmup, warmupLearningRate);
    return cosineLearningRate(step - warmup, weight - warmup, searchLearningRate);
  }

  /** The number of the architecture step that follows weight step `step`, or null. */
  private architectureStepAt(step: number): number | null {
    const inSearch = step + 1 - this.steps.warmup - this.images.training.batchesPerEpoch;
    const every = this.spec.schedule.weightStepsPerArchitectureStep;
    return inSearch > 0 && inSearch % every === 0 ? inSearch / every - 1 : null;
  }

  private async takeArchitectureStep(number: number): Promise<void> {
    const { validation } = this.images;
    const perEpoch = validation.batchesPerEpoch;
    const batch = await validation.get(Math.floor(number / perEpoch), number % perEpoch);
    const x = imageTensor(batch.images, validation);
    const random = Random.named(this.spec.seed, `architecture/${number}`);
    if (this.spec.method === 'gradient') {
      const sampled = samplePairs(this.search.logits, random);
      const { loss, correct, gradient } = architectureGradient(this.supernet, sampled, x, batch.labels);
      this.search.gradientStep(loss, gradient, sampled.pairs);
      this.validation = { loss, accuracy: correct / batch.labels.length };
      this.imagePasses += batch.labels.length;
    } else {
      const { probabilities } = this.search;
      const paths = Array.from({ length: this.spec.schedule.reinforceSamples }, () =>
        samplePath(probabilities, random),
      );
      const scores = scorePaths(this.supernet, paths, x, batch.labels);
      const { cost, budgetMs } = this.setup.devices[0]!;
      const accuracies = scores.map(({ correct }) => correct / batch.labels.length);
      const rewards = paths.map((path, m) => reward(accuracies[m]!, pathCost(cost, path), budgetMs * 1000));
      this.search.reinforceStep(paths, rewards);
      const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      this.validation = { loss: mean(scores.map(({ loss }) => loss)), accuracy: mean(accuracies) };
      this.imagePasses += batch.labels.length * paths.length;
    }
    x.dispose();
    validation.recycle(batch.images);
    this.skippedImages += batch.skipped;
  }
}
