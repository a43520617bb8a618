/**
 * @file The loop that every phase runs in: a weight step at a time, with progress, checkpoints, and a stop that loses
 * nothing. What a step computes never depends on when it was reported, saved or stopped.
 */
import { setImmediate } from 'node:timers/promises';
import { memory } from '@tensorflow/tfjs-core';
import type { StepRecord } from '../../shared/contract/progress.ts';
import { FastpathError } from '../../shared/errors.ts';
import type { JobContext } from './context.ts';
import { Stopped } from './stop.ts';

/** What a phase knows about the latest step; the loop adds rates and memory. */
export type StepReport = Pick<
  StepRecord,
  | 'phase'
  | 'epoch'
  | 'loss'
  | 'accuracy'
  | 'validationLoss'
  | 'validationAccuracy'
  | 'latency'
  | 'probabilities'
  | 'skippedImages'
>;

export interface StepLoop {
  /** weight steps done before this phase goes on, and at its end; of `steps` over all phases */
  from: number;
  to: number;
  steps: number;
  batchSize: number;
  /**
   * Takes step `step` (from 0, over all phases), or says that the phase is over before it; a step that throws Stopped has
   * changed nothing. The report reads the step's loss, for which it waits until the device is through with it.
   * @throws FastpathError `.not-finite`, from the report as well
   */
  take(step: number): Promise<(() => StepReport) | 'over'>;
  /** Saves the state behind `step` steps. */
  save(step: number): Promise<void>;
  /** images that must still pass forward through the network before there is a result */
  imagesToFinish: number;
}

/** At most this many step records a run: enough for every curve, and small for any reader. */
const mostRecords = 2000;

/** At most this many steps wait on the device unread: one wait in many costs nothing, and a broken run ends soon. */
const mostUnread = 16;

/**
 * Whether all steps were taken, or the compute limit came first; saved in both cases.
 * @throws Stopped after saving, FastpathError of a step with the step's number in its message
 */
export async function runSteps(context: JobContext, loop: StepLoop): Promise<'done' | 'cut-short'> {
  const { progress } = context;
  let report: (() => StepReport) | null = null;
  const read = (step: number): StepReport | undefined => {
    try {
      return report?.();
    } catch (error) {
      throw withStep(error, step);
    }
  };
  // What is saved has finite losses behind it. Records go first: a run that goes on behind a checkpoint takes no step
  // twice, so what was not written would be missing.
  const save = async (step: number) => {
    read(step);
    await progress.flush();
    await loop.save(step);
    progress.lastStep = step;
  };
  progress.lastStep = loop.from;
  const recordEvery = Math.max(1, Math.floor(loop.steps / mostRecords));
  const readEvery = Math.min(recordEvery, mostUnread);
  const rate = new Rate();
  let savedAt = Date.now();
  for (let step = loop.from; step < loop.to; step++) {
    // A turn of the event loop, so that signals and decoded batches get through between synchronous steps.
    await setImmediate();
    if (context.stop.requested) {
      await save(step);
      throw new Stopped('stopped');
    }
    // A step trains on each image, which takes longer than the one pass that finishing needs.
    if (context.limit.isReached(loop.imagesToFinish / (loop.batchSize * rate.perSecond || Number.POSITIVE_INFINITY))) {
      await save(step);
      return 'cut-short';
    }
    const taken = await loop.take(step).catch(async (error) => {
      if (error instanceof Stopped) await save(step);
      throw withStep(error, step + 1);
    });
    if (taken === 'over') {
      await save(step);
      return 'done';
    }
    report = taken;
    rate.tick();
    const done = step + 1;
    if (done % readEvery === 0) read(done);
    if (done % recordEvery === 0 || done === loop.to) {
      await progress.write({
        type: 'step',
        step: done,
        steps: loop.steps,
        ...read(done)!,
        imagesPerSecond: loop.batchSize * rate.perSecond,
        secondsLeft: rate.perSecond > 0 ? (loop.steps - done) / rate.perSecond : null,
        tensorBytes: memory().numBytes,
        rssBytes: process.memoryUsage.rss(),
      });
    }
    if (done < loop.to && Date.now() - savedAt >= context.checkpointEveryMs) {
      await save(done);
      savedAt = Date.now();
    }
  }
  await save(loop.to);
  return 'done';
}

function withStep(error: unknown, step: number): unknown {
  if (!(error instanceof FastpathError) || !error.code.endsWith('.not-finite')) return error;
  const message = `step ${step}: ${error.message}; the last good checkpoint is kept`;
  return new FastpathError(error.code, message, { cause: error });
}

/** Steps a second, over about the last 20 s. */
class Rate {
  private readonly times: number[] = [performance.now()];

  tick(): void {
    this.times.push(performance.now());
    while (this.times.length > 2 && this.times.at(-1)! - this.times[0]! > 20_000) this.times.shift();
  }

  get perSecond(): number {
    const elapsedMs = this.times.at(-1)! - this.times[0]!;
    return elapsedMs > 0 ? ((this.times.length - 1) * 1000) / elapsedMs : 0;
  }
}
