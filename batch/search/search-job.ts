/** @file A search from its spec to its result: search phase, pruning, Pareto set, training where asked for. */
import type { SearchSpec } from '../../shared/contract/job-spec.ts';
import { pathToArchitecture } from '../../shared/space/path.ts';
import { CheckpointStore } from '../checkpoint/checkpoint-store.ts';
import type { Feed } from '../data/feed.ts';
import type { ConvNet } from '../network/conv-net.ts';
import { networkOf } from '../network/from-architecture.ts';
import type { JobContext } from '../run/context.ts';
import { readVariables, restoreVariables } from '../run/saved-state.ts';
import { meanTopProbability, softmax } from '../supernet/formulas/probabilities.ts';
import { Supernet } from '../supernet/supernet.ts';
import { Confusion } from '../train/confusion.ts';
import { evaluate } from '../train/evaluate.ts';
import { openFeed, openSearchImages, openTrainingImages, type SearchImages } from '../train/images.ts';
import { newTraining, type TrainingState } from '../train/state.ts';
import { runTraining, trainingSteps } from '../train/training-phase.ts';
import { TrainingWeights } from '../train/training-weights.ts';
import { keepOutcome } from './kept-outcome.ts';
import { choosePath, disposeNetwork, prunedNetwork, scoredPareto } from './outcome.ts';
import { writeSearchResult } from './result.ts';
import { SearchPhase, searchSteps } from './search-phase.ts';
import { type SearchSetup, setUpSearch } from './setup.ts';
import { type SearchJobState, type SearchOutcome, searchJobStateSchema } from './state.ts';
import { loadSupernet, saveSupernet } from './warm-start.ts';
import { loadWarmUp } from './warm-up-weights.ts';

/** Runs the search, or goes on with it, to its result or to that of the compute limit. @throws Stopped, FastpathError */
export async function runSearch(context: JobContext, spec: SearchSpec): Promise<'done' | 'cut-short'> {
  const feed = await openFeed(context, spec);
  try {
    return await new SearchJob(context, spec, feed).run();
  } finally {
    await feed.close();
  }
}

class SearchJob {
  private readonly setup: SearchSetup;
  private readonly checkpoints: CheckpointStore<SearchJobState>;
  private readonly images: SearchImages;

  constructor(
    private readonly context: JobContext,
    private readonly spec: SearchSpec,
    private readonly feed: Feed,
  ) {
    this.images = openSearchImages(feed, spec);
    this.setup = setUpSearch(spec, feed.dataSet.classes.length);
    const { checkpoints: store, prefix, specSha256 } = context;
    const dataFingerprint = feed.dataSet.fingerprint;
    this.checkpoints = new CheckpointStore({
      store,
      prefix,
      specSha256,
      dataFingerprint,
      stateSchema: searchJobStateSchema,
    });
  }

  async run(): Promise<'done' | 'cut-short'> {
    const { context, spec, images } = this;
    const saved = await this.checkpoints.load();
    for (const warning of saved?.warnings ?? []) await this.note('warning', saved!.step, warning);
    const { resolution, seed } = spec;
    const trained = spec.training && openTrainingImages(this.feed, { resolution, seed, schedule: spec.training });
    const { warmup, weight: searchWeightSteps } = searchSteps(spec, images.training.batchesPerEpoch);
    const totalSteps = searchWeightSteps + (trained ? trainingSteps({ images: trained, schedule: spec.training! }) : 0);

    let outcome: SearchOutcome;
    let network: ConvNet;
    let training: TrainingState = newTraining();
    let end: 'done' | 'cut-short' = 'done';
    if (saved?.state.phase === 'training') {
      outcome = saved.state.outcome;
      training = saved.state.training;
      network = networkOf(pathToArchitecture(this.setup.plan, outcome.path), { seed: spec.seed });
    } else {
      const supernet = new Supernet(this.setup.plan, { seed: spec.seed });
      const state = saved?.state.phase === 'search' ? saved.state : null;
      if (saved) restoreVariables(supernet, saved.tensors);
      else if (spec.warmStart) await loadSupernet(context, spec.warmStart.key, supernet, this.feed.dataSet.fingerprint);
      else if (spec.warmUp) await loadWarmUp(context, spec.warmUp.key, supernet, this.feed.dataSet.fingerprint);
      const phase = new SearchPhase(spec, this.setup, supernet, images, state);
      const from = saved?.step ?? (spec.warmUp ? warmup : 0);
      end = await phase.run(context, from, totalSteps, (step) =>
        this.checkpoints.save({ step, state: phase.state, tensors: readVariables(supernet) }),
      );
      outcome = await this.decide(supernet, phase, searchWeightSteps, end === 'done');
      if (!spec.warmStart) await saveSupernet(context, supernet, this.feed.dataSet.fingerprint);
      await keepOutcome(context, { outcome, dataFingerprint: this.feed.dataSet.fingerprint });
      // What a moment of training from scratch makes is worse than the supernet's weights.
      if (trained && context.limit.isReached(0)) end = 'cut-short';
      network =
        trained && end === 'done'
          ? networkOf(pathToArchitecture(this.setup.plan, outcome.path), { seed: spec.seed })
          : await prunedNetwork(supernet, outcome.path, images, context);
      disposeNetwork(supernet);
    }

    const trains = trained !== null && end === 'done';
    if (trains) {
      const weights = new TrainingWeights(network, spec.training!);
      if (saved?.state.phase === 'training') weights.restore(saved.tensors);
      end = await runTraining(context, {
        weights,
        images: trained,
        schedule: spec.training!,
        seed: spec.seed,
        state: training,
        stepsBefore: searchWeightSteps,
        save: (step) =>
          this.checkpoints.save({
            step,
            state: { phase: 'training', outcome, training },
            tensors: weights.read(),
          }),
      });
    }
    const { loader, split } = images.evaluation;
    const confusion = new Confusion(images.dataSet.classes);
    const evaluation = await evaluate(network, loader, split, context.stop, context.limit, confusion);
    await writeSearchResult(context, {
      spec,
      setup: this.setup,
      outcome,
      network,
      evaluation,
      classes: confusion.results(split),
      training,
      images,
      feed: this.feed,
      timings: [],
      secondsBefore: 0,
      weights: trains ? 'trained' : 'supernet',
      cutShort: end === 'cut-short',
    });
    return end;
  }

  private async decide(supernet: Supernet, phase: SearchPhase, step: number, scored: boolean): Promise<SearchOutcome> {
    const { setup, spec, images, context } = this;
    const { logits } = phase.search;
    const { curve, imagePasses, skippedImages } = phase.state;
    const top = meanTopProbability(logits.map(softmax));
    if (top < 0.5) {
      const advice = 'search for more epochs, or give a higher logit learning rate';
      await this.note(
        'warning',
        step,
        `the search is undecided: the mean of the highest path probabilities is ${top.toFixed(2)}; ${advice}`,
      );
    }
    const { path, blocksDifferingFromArgmax } = choosePath(setup, logits, spec.latencyLoss === 'target');
    await this.note('info', step, 'pruned; scoring the architecture found and those for other budgets');
    return {
      path: [...path],
      logits: logits.map((block) => Array.from(block)),
      curve,
      blocksDifferingFromArgmax,
      imagePasses,
      skippedImages,
      pareto: await scoredPareto(supernet, setup, logits, path, images, context, scored),
    };
  }

  private note(level: 'info' | 'warning', step: number, message: string): Promise<void> {
    return this.context.progress.write({ type: 'note', step, level, message });
  }
}
