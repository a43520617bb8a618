/** @file The warm-up that the searches of one order share: weight steps on uniformly drawn paths, and nothing else. */
import { z } from 'zod';
import type { WarmUpSpec } from '../../shared/contract/job-spec.ts';
import { type WarmUpResult, warmUpResultSchema } from '../../shared/contract/warm-up.ts';
import { CheckpointStore } from '../checkpoint/checkpoint-store.ts';
import type { Feed } from '../data/feed.ts';
import type { JobContext } from '../run/context.ts';
import { resultWriter } from '../run/result-writer.ts';
import { readVariables, restoreVariables } from '../run/saved-state.ts';
import { runSteps, type StepReport } from '../run/step-loop.ts';
import { StepScores } from '../run/step-scores.ts';
import { Supernet } from '../supernet/supernet.ts';
import { openFeed, openSearchImages } from '../train/images.ts';
import { warmUpStep } from './path-step.ts';
import { planOf } from './setup.ts';
import { saveWarmUp } from './warm-up-weights.ts';

const stateSchema = z.strictObject({ phase: z.literal('warmup'), skippedImages: z.number().int() });

/**
 * Runs the warm-up, or goes on with it, to its end or to that of the compute limit: what is there then is what the
 * searches begin with. @throws Stopped, FastpathError
 */
export async function runWarmUp(context: JobContext, spec: WarmUpSpec): Promise<'done' | 'cut-short'> {
  const feed = await openFeed(context, spec);
  try {
    return await warmUp(context, spec, feed);
  } finally {
    await feed.close();
  }
}

async function warmUp(context: JobContext, spec: WarmUpSpec, feed: Feed): Promise<'done' | 'cut-short'> {
  const { fingerprint: dataFingerprint, classes } = feed.dataSet;
  const { checkpoints: store, prefix, specSha256, progress } = context;
  const { training } = openSearchImages(feed, spec);
  const plan = planOf(spec, classes.length);
  const checkpoints = new CheckpointStore({ store, prefix, specSha256, dataFingerprint, stateSchema });
  const saved = await checkpoints.load();
  for (const message of saved?.warnings ?? []) {
    await progress.write({ type: 'note', step: saved!.step, level: 'warning', message });
  }
  const supernet = new Supernet(plan, { seed: spec.seed });
  if (saved) restoreVariables(supernet, saved.tensors);
  let skippedImages = saved?.state.skippedImages ?? 0;
  const steps = spec.schedule.warmupEpochs * training.batchesPerEpoch;
  const scores = new StepScores();
  const take = async (step: number): Promise<() => StepReport> => {
    const taken = await warmUpStep(supernet, training, spec, { plan, step, steps });
    skippedImages += taken.skippedImages;
    scores.add(step + 1, taken.score, taken.images);
    const epoch = (step + 1) / training.batchesPerEpoch;
    const unknown = { validationLoss: null, validationAccuracy: null, latency: [], probabilities: [] };
    return () => ({ phase: 'warmup', epoch, ...scores.read(), ...unknown, skippedImages });
  };
  const end = await runSteps(context, {
    from: saved?.step ?? 0,
    to: steps,
    steps,
    batchSize: spec.schedule.batchSize,
    take,
    save: (step) =>
      checkpoints.save({ step, state: { phase: 'warmup', skippedImages }, tensors: readVariables(supernet) }),
    imagesToFinish: 0,
  });
  await saveWarmUp(context, supernet, dataFingerprint);
  const cutShort = end === 'cut-short' ? { cutShort: true as const } : {};
  const result: WarmUpResult = { format: 'fastpath.warm-up/1', steps: progress.lastStep, ...cutShort };
  await resultWriter(context).json('warm-up.json', warmUpResultSchema.parse(result));
  return end;
}
