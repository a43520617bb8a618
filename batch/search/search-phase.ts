/** @file Warm-up and search: weight steps on sampled paths, with architecture steps between them in the search. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { pathCost } from '../../shared/latency/cost-table.ts';
import { Random } from '../../shared/random.ts';
import type { JobContext } from '../run/context.ts';
import { cosineLearningRate } from '../run/schedule.ts';
import { runSteps, type StepReport } from '../run/step-loop.ts';
import { type BatchScore, StepScores } from '../run/step-scores.ts';
import { architectureGradient, samplePairs } from '../supernet/architecture-step.ts';
import { samplePath } from '../supernet/formulas/probabilities.ts';
import { reward } from '../supernet/formulas/reinforce.ts';
import { scorePaths } from '../supernet/reinforce-step.ts';
import type { Supernet } from '../supernet/supernet.ts';
import { imageTensor } from '../train/evaluate.ts';
import { imagesToFinish, type SearchImages } from '../train/images.ts';
import { appendThinned } from './curve.ts';
import { LogitSearch } from './logit-search.ts';
import { type PathStep, pathRandom, pathStep, warmUpStep } from './path-step.ts';
import type { SearchSetup } from './setup.ts';
import type { CurvePoint, SearchState } from './state.ts';

/** Weight and architecture steps of a search. */
export interface SearchSteps {
  /** also where the warm-up was another job: step numbers count on behind it */
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
  private readonly scores = new StepScores();

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
  private async takeLogitStep(step: number): Promise<() => StepReport> {
    await this.takeArchitectureStep(step);
    const score = this.validation!;
    this.extendCurve(step, score);
    const epoch = (step + 1) / this.images.validation.batchesPerEpoch;
    return () => this.report({ phase: 'search', epoch, learned: true }, score);
  }

  private async take(step: number): Promise<() => StepReport> {
    const { warmup } = this.steps;
    const { score, images, skippedImages } = await this.takeWeightStep(step);
    this.imagePasses += images;
    this.skippedImages += skippedImages;
    this.scores.add(step + 1, score, images);
    const architectureStep = this.architectureStepAt(step);
    const learned = architectureStep !== null;
    if (learned) {
      // An architecture step waits for the device anyway, and would blame its own loss for weights that are broken.
      const { loss } = this.scores.read();
      await this.takeArchitectureStep(architectureStep);
      this.extendCurve(step, { loss });
    }
    const epoch = (step + 1) / this.images.training.batchesPerEpoch;
    const place = { phase: step < warmup ? 'warmup' : 'search', epoch, learned } as const;
    return () => this.report(place, this.scores.read());
  }

  private extendCurve(step: number, { loss }: Pick<BatchScore, 'loss'>): void {
    appendThinned(this.curve, {
      step: step + 1,
      trainingLoss: loss,
      validationLoss: this.validation?.loss ?? null,
      validationAccuracy: this.validation?.accuracy ?? null,
      expectedCosts: this.search.expectedLatenciesUs,
      probabilities: this.probabilities,
    });
  }

  private get probabilities(): number[][] {
    return this.search.probabilities.map((p) => Array.from(p));
  }

  /** Adds what is known of the path logits; `learned`: the step changed them. */
  private report(
    { learned, ...place }: Pick<StepReport, 'phase' | 'epoch'> & { learned: boolean },
    score: BatchScore,
  ): StepReport {
    const expected = this.search.expectedLatenciesUs;
    return {
      ...place,
      ...score,
      validationLoss: this.validation?.loss ?? null,
      validationAccuracy: this.validation?.accuracy ?? null,
      latency: this.setup.devices.map(({ model, budgetMs }, k) => ({
        hardware: model.hardware.id,
        expectedMs: expected[k]! / 1000,
        budgetMs,
      })),
      probabilities: learned ? this.probabilities : [],
      skippedImages: this.skippedImages,
    };
  }

  /** On paths that are uniform in the warm-up, and follow the path probabilities in the search. */
  private takeWeightStep(step: number): Promise<PathStep> {
    const { spec, supernet, setup } = this;
    const { training } = this.images;
    const { warmup, weight } = this.steps;
    if (step < warmup) return warmUpStep(supernet, training, spec, { plan: setup.plan, step, steps: warmup });
    const path = samplePath(this.search.probabilities, pathRandom(spec.seed, step));
    const learningRate = cosineLearningRate(step - warmup, weight - warmup, spec.schedule.searchLearningRate);
    return pathStep(supernet, training, spec.schedule, { step, path, learningRate });
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
